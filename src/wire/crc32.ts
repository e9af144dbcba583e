// The reflected polynomial of IEEE 802.3, one entry for each value of an octet; in the three rows behind
// them the same with one, two and three octets of 0 after it, so that four octets are looked up at once.
const table = new Uint32Array(4 * 256);
for (let octet = 0; octet < 256; octet += 1) {
  let value = octet;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb8_8320 : 0);
  table[octet] = value;
}
for (let at = 256; at < table.length; at += 1) {
  const before = table[at - 256] ?? 0;
  table[at] = (table[before & 255] ?? 0) ^ (before >>> 8);
}

/** The checksum of IEEE 802.3, as gzip and PNG use it, of the bytes from `start` to before `end`. */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let value = 0xffff_ffff;
  let at = start;
  // proven, here and below: `at` is within the bytes, and each index within its row of the table
  for (const last = end - 3; at < last; at += 4) {
    const first = value ^ (bytes[at] as number);
    value =
      (table[768 + (first & 255)] as number) ^
      (table[512 + (((value >>> 8) ^ (bytes[at + 1] as number)) & 255)] as number) ^
      (table[256 + (((value >>> 16) ^ (bytes[at + 2] as number)) & 255)] as number) ^
      (table[((value >>> 24) ^ (bytes[at + 3] as number)) & 255] as number);
  }
  for (; at < end; at += 1) {
    value = (table[(value ^ (bytes[at] as number)) & 255] as number) ^ (value >>> 8);
  }
  return (value ^ 0xffff_ffff) >>> 0;
}
