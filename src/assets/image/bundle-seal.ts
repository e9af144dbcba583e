/**
 * What ends a bundle: a skippable frame of zstd (RFC 8878 §3.1.2), which every zstd passes over, with the
 * SHA-256 of all bytes before it. It tells a change that leaves every file as it was, such as one in an
 * archive's headers, and it tells where a bundle ends.
 *
 *      0                 4           8                       24            56
 *      | 0x184D2A5B, LE  | 48, LE    | "kindling-bundle\0"   | SHA-256     |
 */
export const bundleSealBytes = 56;

const head = Buffer.concat([
  Buffer.from("5b2a4d18" + "30000000", "hex"),
  Buffer.from("kindling-bundle\0"),
]);

/** The SHA-256 of what comes before → the seal. */
export function formatBundleSeal(sha256: Uint8Array): Uint8Array {
  return Buffer.concat([head, sha256]);
}

/** The last bytes of a file → what they say of those before; undefined: they are no seal. */
export function parseBundleSeal(bytes: Uint8Array): { readonly sha256: string } | undefined {
  const given = Buffer.from(bytes);
  if (given.length !== bundleSealBytes || !given.subarray(0, head.length).equals(head)) {
    return undefined;
  }
  return { sha256: given.subarray(head.length).toString("hex") };
}
