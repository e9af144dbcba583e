const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** A converted copy costs memory for each transfer, twice its size at worst: text is never this long. */
export const netasciiLimit = 1024 * 1024;

/** RFC 764 line ends, as `netascii` mode wants them: LF goes out as CR LF, a bare CR as CR NUL. */
export function toNetascii(bytes: Uint8Array): Uint8Array {
  let extra = 0;
  for (const byte of bytes) if (byte === lineFeed || byte === carriageReturn) extra += 1;
  const converted = new Uint8Array(bytes.length + extra);
  let at = 0;
  for (const byte of bytes) {
    if (byte === lineFeed) converted[at++] = carriageReturn;
    converted[at++] = byte;
    if (byte === carriageReturn) converted[at++] = 0;
  }
  return converted;
}
