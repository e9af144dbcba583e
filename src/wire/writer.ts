import { WireError } from "../errors.ts";

/** Appends big endian values to a growing buffer; `limit` bytes at most, or `WireError`. */
export class ByteWriter {
  readonly #limit: number;
  #bytes: Uint8Array;
  #length = 0;

  constructor(limit = 65_535, start = 600) {
    this.#limit = limit;
    this.#bytes = new Uint8Array(Math.min(limit, start));
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
    return this;
  }

  u32(value: number): this {
    return this.u16(value >>> 16).u16(value & 0xffff);
  }

  put(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** UTF-8 text, no terminator. */
  text(value: string): this {
    return this.put(Buffer.from(value, "utf8"));
  }

  /** `bytes` cut or padded with zeros to exactly `width`. */
  fixed(bytes: Uint8Array, width: number): this {
    const at = this.#grow(width);
    this.#bytes.fill(0, at, at + width);
    this.#bytes.set(bytes.subarray(0, width), at);
    return this;
  }

  zeros(count: number): this {
    const at = this.#grow(count);
    this.#bytes.fill(0, at, at + count);
    return this;
  }

  /** What was written so far, as a view that is final: the writer is not used after it. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(count: number): number {
    const want = this.#length + count;
    if (want > this.#limit) {
      throw new WireError("wire.too-long", `message wants ${want} bytes, at most ${this.#limit}`, {
        field: "message",
        want: this.#limit,
        got: want,
      });
    }
    if (want > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(this.#limit, Math.max(want, this.#bytes.length * 2)));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    const at = this.#length;
    this.#length = want;
    return at;
  }
}
