/**
 * The pure bottom floor: bytes and the small values every protocol carries (addresses, subnets,
 * UUIDs). Nothing here knows a protocol, a socket or a clock.
 */
import { WireError } from "../errors.ts";

/** A bounded cursor over received bytes, big endian. Every read that passes the end throws `WireError`. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = start;
    this.#end = end;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#end - this.#offset;
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#take(2, field));
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#take(4, field));
  }

  /** A view of the next `count` bytes, not a copy. */
  take(count: number, field: string): Uint8Array {
    const start = this.#take(count, field);
    return this.bytes.subarray(start, start + count);
  }

  /** Text up to a NUL, which is consumed; `undefined` when no NUL is left (nothing is consumed then). */
  untilNul(): Uint8Array | undefined {
    const nul = this.bytes.indexOf(0, this.#offset);
    if (nul < 0 || nul >= this.#end) return undefined;
    const found = this.bytes.subarray(this.#offset, nul);
    this.#offset = nul + 1;
    return found;
  }

  rest(): Uint8Array {
    return this.take(this.left, "rest");
  }

  #take(count: number, field: string): number {
    if (count > this.left) {
      throw new WireError(
        "wire.truncated",
        `${field} wants ${count} bytes at offset ${this.#offset}, got ${this.left}`,
        { field, offset: this.#offset, want: count, got: this.left },
      );
    }
    const start = this.#offset;
    this.#offset += count;
    return start;
  }
}
