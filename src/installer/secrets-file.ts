import { WireError } from "../errors.ts";
import type { PemPair } from "../pki/certificate-plan.ts";
import { AuthorityNames, type ClusterSecrets } from "./secrets.ts";

const version = 1;

/** The secrets of a cluster as the text of one file, which nobody but its owner may read. */
export function formatSecretsFile(secrets: ClusterSecrets): string {
  const { authorities, certificates, serviceAccount, bootstrapToken, joinTokens } = secrets;
  const file = {
    version,
    authorities: Object.fromEntries(authorities),
    certificates: Object.fromEntries(certificates),
    serviceAccount,
    bootstrapToken,
    joinTokens: Object.fromEntries(joinTokens),
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/** Throws `WireError` for anything that `formatSecretsFile` would not write. */
export function parseSecretsFile(text: string): ClusterSecrets {
  const file = objectOf(parseJson(text), "the file");
  if (file["version"] !== version) throw invalid(`want version ${version}`);
  const authorities = objectOf(file["authorities"], "authorities");
  const serviceAccount = objectOf(file["serviceAccount"], "serviceAccount");
  const token = objectOf(file["bootstrapToken"], "bootstrapToken");
  return {
    authorities: new Map(
      AuthorityNames.filter((name) => authorities[name] !== undefined).map((name) => {
        return [name, pairOf(authorities[name], name)] as const;
      }),
    ),
    certificates: mapOf(file["certificates"], "certificates", pairOf),
    serviceAccount: {
      private: textOf(serviceAccount["private"], "serviceAccount.private"),
      public: textOf(serviceAccount["public"], "serviceAccount.public"),
    },
    bootstrapToken: {
      id: textOf(token["id"], "bootstrapToken.id"),
      secret: textOf(token["secret"], "bootstrapToken.secret"),
    },
    joinTokens: mapOf(file["joinTokens"], "joinTokens", textOf),
  };
}

function pairOf(value: unknown, what: string): PemPair {
  const pair = objectOf(value, what);
  return { cert: textOf(pair["cert"], `${what}.cert`), key: textOf(pair["key"], `${what}.key`) };
}

function mapOf<T>(
  value: unknown,
  what: string,
  parse: (one: unknown, what: string) => T,
): ReadonlyMap<string, T> {
  const entries = Object.entries(objectOf(value, what));
  return new Map(entries.map(([key, one]) => [key, parse(one, `${what}.${key}`)]));
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value));
  }
  throw invalid(`want an object for ${what}`);
}

function textOf(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw invalid(`want text for ${what}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The parser's own words quote the text, which is secret.
    throw invalid("want JSON");
  }
}

function invalid(message: string): WireError {
  return new WireError("wire.invalid", message, { field: "secrets" });
}
