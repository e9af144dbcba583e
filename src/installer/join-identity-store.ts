import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CertificatePlan, PemPair } from "../pki/certificate-plan.ts";
import type { DurableDisk } from "../runtime/durable-file.ts";
import { systemErrorCode } from "../runtime/system-error.ts";

/** By what machines know this host: they are given `authority` and trust nothing else. */
export type JoinIdentity = { readonly authority: string; readonly server: PemPair };

type IdentityDeps = {
  readonly disk: DurableDisk;
  /** The addresses and names by which machines reach this host. */
  readonly names: readonly string[];
  readonly now: number;
};

const dayMs = 86_400_000;
const authorityDays = 3650;
const serverDays = 365;
/** A server's certificate that ends sooner is made anew at the next start. */
const renewDays = 30;

/**
 * The authority and the server's certificate of this folder, made where there is none. The authority stays,
 * since machines that wait have it; the certificate follows this host's names and the calendar.
 */
export async function openJoinIdentity(folder: string, deps: IdentityDeps): Promise<JoinIdentity> {
  const { names, now } = deps;
  const [kept, server] = [await readPair(folder, "ca"), await readPair(folder, "server")];
  if (kept && server && isGood(server.cert, names, now)) return { authority: kept.cert, server };
  // Loaded when needed only: it is large, and patches what others use.
  const { certify, openAuthority } = await import("../pki/certify.ts");
  const authority = kept ?? (await certify(planAuthority(now)));
  if (kept === undefined) await writePair(join(folder, "ca"), authority, deps);
  const fresh = await certify(planServer(names, now), openAuthority(authority));
  await writePair(join(folder, "server"), fresh, deps);
  return { authority: authority.cert, server: fresh };
}

function isGood(cert: string, names: readonly string[], now: number): boolean {
  const certificate = new X509Certificate(cert);
  const text = certificate.subjectAltName ?? "";
  const known = text.split(", ").map((name) => name.replace(/^(?:DNS|IP Address):/, ""));
  const isCurrent = certificate.validToDate.getTime() - now > renewDays * dayMs;
  return isCurrent && names.every((name) => known.includes(name));
}

// A day early: the clock of a machine without a battery may be behind.
function planAuthority(now: number): CertificatePlan {
  return {
    ...{ commonName: "kindling join authority", authority: true, purposes: [], names: [] },
    ...{ notBefore: now - dayMs, notAfter: now + authorityDays * dayMs },
    keyUsages: ["keyCertSign", "cRLSign"],
  };
}

function planServer(names: readonly string[], now: number): CertificatePlan {
  return {
    ...{ commonName: "kindling join", authority: false, purposes: ["serverAuth"], names },
    ...{ notBefore: now - dayMs, notAfter: now + serverDays * dayMs },
    keyUsages: ["digitalSignature"],
  };
}

async function readPair(folder: string, name: string): Promise<PemPair | undefined> {
  try {
    const cert = await readFile(join(folder, `${name}.crt`), "utf8");
    return { cert, key: await readFile(join(folder, `${name}.key`), "utf8") };
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

// The key first: a certificate without its key would be taken for a whole pair that is broken.
async function writePair(stem: string, pair: PemPair, { disk }: IdentityDeps): Promise<void> {
  const texts = { key: pair.key, crt: pair.cert };
  for (const [ending, text] of Object.entries(texts)) {
    const path = `${stem}.${ending}`;
    await using file = await disk.open(`${path}.new`, "fresh");
    await file.append(Buffer.from(text));
    await disk.replace(`${path}.new`, path);
  }
}
