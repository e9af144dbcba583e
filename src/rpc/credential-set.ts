import { X509Certificate } from "node:crypto";
import type { PemPair } from "../pki/certificate-plan.ts";
import { planAuthority, planLeaves, type SetPlan } from "./certificates.ts";

/** Makes an authority with a key of its own: ECDSA on P-256. */
export async function makeAuthority(now: number): Promise<PemPair> {
  const { certify } = await loadMaker();
  return certify(planAuthority(now));
}

/** Makes the server's and the client's certificate, each with a new key. */
export async function makeLeaves(
  authority: PemPair,
  plan: SetPlan,
): Promise<{ readonly server: PemPair; readonly client: PemPair }> {
  const { certify, openAuthority } = await loadMaker();
  const issuer = openAuthority(authority);
  const { server, client } = planLeaves(plan);
  return { server: await certify(server, issuer), client: await certify(client, issuer) };
}

// Whoever only reads certificates, as the daemon does, need not load what writes them.
function loadMaker() {
  return import("../pki/certify.ts");
}

/** The DNS names and addresses of a server's certificate in PEM. */
export function serverNames(pem: string): readonly string[] {
  const names = new X509Certificate(pem).subjectAltName?.split(", ") ?? [];
  return names.map((name) => name.replace(/^(?:DNS|IP Address):/, "").toLowerCase());
}

/** How long before its end a certificate is worth a word. */
const warnDays = 30;

/** What to tell an operator about a certificate's end; nothing while it is far. */
export function describeExpiry(
  file: string,
  pem: string,
  now: number,
): { readonly kind: "expired" | "soon"; readonly message: string } | undefined {
  const end = expiryOf(pem) ?? 0;
  const days = Math.floor((end - now) / 86_400_000);
  if (days >= warnDays) return undefined;
  const day = new Date(end).toISOString().slice(0, 10);
  const cure = "renew it with `kindling tls init --renew`";
  return end <= now
    ? { kind: "expired", message: `${file} has expired on ${day}: ${cure}` }
    : { kind: "soon", message: `${file} expires in ${days} days, on ${day}: ${cure}` };
}

/** When a PEM certificate ends, in milliseconds since the epoch; undefined if it is none. */
export function expiryOf(pem: string | Buffer): number | undefined {
  try {
    return new X509Certificate(pem).validToDate.getTime();
  } catch {
    return undefined; // whatever OpenSSL could not read in it
  }
}
