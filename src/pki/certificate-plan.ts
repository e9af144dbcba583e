/**
 * Certificates of our own authorities, for the gRPC API and for clusters. What one says is plain data;
 * only `certify.ts` makes keys and signs. Which certificates there are is the business of each part.
 */

/** A certificate and its key, as PEM. */
export type PemPair = { readonly cert: string; readonly key: string };

/** The kind of key a certificate gets. */
export const KeyAlgorithms = ["ecdsa-p256", "rsa-2048", "rsa-3072"] as const;
export type KeyAlgorithm = (typeof KeyAlgorithms)[number];

/** The end of a connection that may show a certificate. */
export type Purpose = "serverAuth" | "clientAuth";

/** What a certificate of ours says: RFC 5280 §4.2 decides which extensions go together. */
export type CertificatePlan = {
  readonly commonName: string;
  /** Kubernetes reads a client's groups out of these. */
  readonly organizations?: readonly string[];
  /** Milliseconds since the epoch, both included. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** May it sign others? */
  readonly authority: boolean;
  readonly keyUsages: readonly (
    | "digitalSignature"
    | "keyEncipherment"
    | "keyCertSign"
    | "cRLSign"
  )[];
  /** An authority is for neither end. */
  readonly purposes: readonly Purpose[];
  /** DNS names and addresses by which it is known. */
  readonly names: readonly string[];
  /** ECDSA on P-256 unless another is named. */
  readonly algorithm?: KeyAlgorithm;
};
