import { createPrivateKey, X509Certificate } from "node:crypto";
import type { PemPair } from "../pki/certificate-plan.ts";
import type { AuthorityFacts } from "./surroundings.ts";

/** Reads a given authority: may it sign, is the key its own, and how long does it last? */
export function inspectAuthority({ cert, key }: PemPair): AuthorityFacts {
  try {
    const certificate = new X509Certificate(cert);
    const privateKey = createPrivateKey(key);
    const type = privateKey.asymmetricKeyType ?? "unknown";
    if (!certificate.ca) return unusable("the certificate is that of no authority (CA:TRUE)");
    if (type !== "rsa" && type !== "ec") return unusable(`the key is of type ${type}`);
    if (!certificate.checkPrivateKey(privateKey)) {
      return unusable("the key is that of another certificate");
    }
    const { validFromDate, validToDate } = certificate;
    return {
      kind: "usable",
      notBefore: validFromDate.getTime(),
      notAfter: validToDate.getTime(),
    };
  } catch (error) {
    return unusable(error instanceof Error ? error.message : String(error));
  }
}

function unusable(why: string): AuthorityFacts {
  return { kind: "unusable", why };
}
