/** How many bytes of a body its type is read from. */
const sniffBytes = 512;

/** Words that open HTML, each followed by a blank or `>`; found in any case, after blanks. */
const htmlOpening =
  /^[\t\n\f\r ]*<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[ >]/i;

/** First bytes → type, for what a template may hold; the first row that fits counts. */
const Openings: readonly (readonly [pattern: RegExp, type: string])[] = [
  [htmlOpening, "text/html; charset=utf-8"],
  [/^[\t\n\f\r ]*<\?xml/, "text/xml; charset=utf-8"],
  [/^%PDF-/, "application/pdf"],
  [/^%!PS-Adobe-/, "application/postscript"],
  [/^\xfe\xff../s, "text/plain; charset=utf-16be"],
  [/^\xff\xfe../s, "text/plain; charset=utf-16le"],
  [/^\xef\xbb\xbf./s, "text/plain; charset=utf-8"],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the mark of gzip
  [/^\x1f\x8b\x08/, "application/x-gzip"],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the mark of zip
  [/^PK\x03\x04/, "application/zip"],
];

/**
 * The media type of a body that nobody gave one, from its first bytes as browsers do it (WHATWG MIME
 * Sniffing): JSON and scripts are plain text, and a control byte makes it binary.
 */
export function sniffType(body: Buffer): string {
  const start = body.toString("latin1", 0, sniffBytes);
  const found = Openings.find(([pattern]) => pattern.test(start));
  if (found !== undefined) return found[1];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the bytes that text does not hold
  const binary = /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(start);
  return binary ? "application/octet-stream" : "text/plain; charset=utf-8";
}
