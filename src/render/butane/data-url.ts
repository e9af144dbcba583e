export type DataUrlOptions = {
  /** Packs the bytes; may be left out. */
  readonly gzip: ((bytes: Uint8Array) => Uint8Array) | undefined;
  /** Percent-escaped text only, as fcos 1.0 has it. */
  readonly plain: boolean;
};

/** Bytes as the shortest of three data URLs (RFC 2397): escaped, base64, base64 of gzip. */
export function dataUrl(
  bytes: Uint8Array,
  { gzip, plain }: DataUrlOptions,
): { readonly url: string; readonly compression: "" | "gzip" } {
  const escaped = `,${escapeBytes(bytes)}`;
  if (plain) return { url: `data:${escaped}`, compression: "" };
  const base64 = `;base64,${Buffer.from(bytes).toString("base64")}`;
  const short = base64.length < escaped.length ? base64 : escaped;
  const packed = gzip && `;base64,${Buffer.from(gzip(bytes)).toString("base64")}`;
  // The word "gzip" takes room in the configuration too.
  if (packed !== undefined && packed.length + "gzip".length < short.length) {
    return { url: `data:${packed}`, compression: "gzip" };
  }
  return { url: `data:${short}`, compression: "" };
}

// RFC 2396 unreserved letters stay, as in the reference's escaping.
function escapeBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("latin1")
    .replace(/[^A-Za-z0-9\-_.!~*'()]/g, (letter) => {
      return `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
    });
}
