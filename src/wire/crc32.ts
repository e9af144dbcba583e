// The reflected polynomial of IEEE 802.3, one entry for each value of an octet.
const table = Uint32Array.from({ length: 256 }, (_, octet) => {
  let value = octet;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb8_8320 : 0);
  return value;
});

/** The checksum of IEEE 802.3, as gzip and PNG use it, of the bytes from `start` to before `end`. */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let value = 0xffff_ffff;
  for (let at = start; at < end; at += 1) {
    // proven: `at` is within the bytes, and the index within the 256 entries
    value = (table[(value ^ (bytes[at] as number)) & 255] as number) ^ (value >>> 8);
  }
  return (value ^ 0xffff_ffff) >>> 0;
}
