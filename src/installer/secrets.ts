import type { PemPair } from "../pki/certificate-plan.ts";

/** All that must not be read by others: made once for a cluster, kept by the daemon. */
export type ClusterSecrets = {
  readonly authorities: ReadonlyMap<AuthorityName, PemPair>;
  /** By `certificateKey`. */
  readonly certificates: ReadonlyMap<string, PemPair>;
  /** Signs the tokens of service accounts. */
  readonly serviceAccount: { readonly private: string; readonly public: string };
  /** With it a kubelet asks for its first certificate. */
  readonly bootstrapToken: BootstrapToken;
  /** Machine's name → the word by which it fetches its bundle, once. */
  readonly joinTokens: ReadonlyMap<string, string>;
};

/** Who signs: the cluster's own authority, etcd's, and that of the API server as a proxy. */
export const AuthorityNames = ["cluster", "etcd", "front-proxy"] as const;
export type AuthorityName = (typeof AuthorityNames)[number];

/** `id` is public, `secret` is not: `abcdef.0123456789abcdef`. */
export type BootstrapToken = { readonly id: string; readonly secret: string };

export function formatBootstrapToken({ id, secret }: BootstrapToken): string {
  return `${id}.${secret}`;
}

/** The letters that Kubernetes takes in a bootstrap token. */
const tokenLetters = "abcdefghijklmnopqrstuvwxyz0123456789";

/** A bootstrap token out of 22 random bytes or more; 252 is the largest multiple of 36 in a byte. */
export function bootstrapTokenFrom(random: Uint8Array): BootstrapToken {
  const letters = [...random]
    .filter((byte) => byte < 252)
    .map((byte) => tokenLetters.charAt(byte % tokenLetters.length))
    .join("");
  if (letters.length < 22)
    throw new RangeError(`want 22 letters, ${random.length} bytes gave less`);
  return { id: letters.slice(0, 6), secret: letters.slice(6, 22) };
}

/** Where a certificate is found: one of a machine, or one of the whole cluster. */
export function certificateKey(id: string, node?: string): string {
  return node === undefined ? id : `${id}@${node}`;
}

/** The pair of a certificate that the plan has; a missing one is a bug of ours. */
export function certificateOf(secrets: ClusterSecrets, id: string, node?: string): PemPair {
  const key = certificateKey(id, node);
  return made(secrets.certificates.get(key), key);
}

/** An authority that the plan has. */
export function authorityOf(secrets: ClusterSecrets, name: AuthorityName): PemPair {
  return made(secrets.authorities.get(name), name);
}

function made(pair: PemPair | undefined, what: string): PemPair {
  if (pair === undefined) throw new TypeError(`no certificate ${what} was made`);
  return pair;
}
