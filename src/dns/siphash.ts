/** 64 bits as two halves, since numbers hold 53 and BigInt takes twenty times as long. */
type Word = { low: number; high: number };

/** SipHash-2-4 (Aumasson and Bernstein): eight bytes that only holders of the 16 byte key can tell for a text. */
export function sipHash(key: Uint8Array, text: Uint8Array): Uint8Array {
  const [k0, k1] = [wordAt(key, 0), wordAt(key, 8)];
  const state: Lanes = [
    mixed({ high: 0x736f6d65, low: 0x70736575 }, k0), // "somepseudorandomlygeneratedbytes"
    mixed({ high: 0x646f7261, low: 0x6e646f6d }, k1),
    mixed({ high: 0x6c796765, low: 0x6e657261 }, k0),
    mixed({ high: 0x74656462, low: 0x79746573 }, k1),
  ];
  const last = text.length - (text.length % 8);
  for (let at = 0; at < last; at += 8) compress(state, wordAt(text, at));
  // The rest of the text, and its length in the top byte.
  const tail = new Uint8Array(8);
  tail.set(text.subarray(last));
  tail[7] = text.length;
  compress(state, wordAt(tail, 0));
  state[2].low ^= 0xff;
  for (let round = 0; round < 4; round += 1) turn(state);
  const [a, b, c, d] = state;
  return bytesOf(mixed(mixed(mixed(a, b), c), d));
}

type Lanes = readonly [Word, Word, Word, Word];

function compress(lanes: Lanes, word: Word): void {
  mix(lanes[3], word);
  turn(lanes);
  turn(lanes);
  mix(lanes[0], word);
}

function turn([v0, v1, v2, v3]: Lanes): void {
  add(v0, v1);
  rotate(v1, 13);
  mix(v1, v0);
  swap(v0);
  add(v2, v3);
  rotate(v3, 16);
  mix(v3, v2);
  add(v0, v3);
  rotate(v3, 21);
  mix(v3, v0);
  add(v2, v1);
  rotate(v1, 17);
  mix(v1, v2);
  swap(v2);
}

function add(to: Word, word: Word): void {
  const low = (to.low >>> 0) + (word.low >>> 0);
  to.high = (to.high + word.high + (low > 0xffff_ffff ? 1 : 0)) | 0;
  to.low = low | 0;
}

/** To the left by fewer than 32 bits. */
function rotate(word: Word, bits: number): void {
  const { low, high } = word;
  word.high = (high << bits) | (low >>> (32 - bits));
  word.low = (low << bits) | (high >>> (32 - bits));
}

function swap(word: Word): void {
  const { low, high } = word;
  word.low = high;
  word.high = low;
}

function mix(to: Word, word: Word): void {
  to.low ^= word.low;
  to.high ^= word.high;
}

function mixed(one: Word, other: Word): Word {
  return { low: one.low ^ other.low, high: one.high ^ other.high };
}

// SipHash reads and writes little endian.
function wordAt(bytes: Uint8Array, at: number): Word {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { low: view.getInt32(at, true), high: view.getInt32(at + 4, true) };
}

function bytesOf({ low, high }: Word): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setInt32(0, low, true);
  view.setInt32(4, high, true);
  return new Uint8Array(view.buffer);
}
