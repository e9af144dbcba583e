import { WireError } from "../../errors.ts";

/** `sha256:` and 64 digits of lower-case hexadecimal. Right because it exists. */
export type Digest = string & { readonly __brand: "Digest" };

/** Accepts SHA-256 only: every registry names its content so. Throws `WireError` otherwise. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  const message = `want a digest like sha256:<64 hexadecimal digits>, got "${text.slice(0, 100)}"`;
  throw new WireError("wire.invalid", message, { field: "digest", got: text });
}

export function isDigest(text: string): text is Digest {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** The digits of a SHA-256 → its digest. */
export function digestOfHex(hex: string): Digest {
  return parseDigest(`sha256:${hex}`);
}

/** The digits alone: the name of the blob's file. */
export function hexOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}
