import { WireError } from "../errors.ts";
import { queryLimit } from "./message.ts";

/**
 * Cuts a TCP stream into messages (RFC 1035 §4.2.2: two bytes of length before each). Holds what was
 * pushed and not yet taken, so whoever pushes bounds the memory by taking before pushing more.
 */
export class QueryFrames {
  #pending: Uint8Array = new Uint8Array(0);

  push(chunk: Uint8Array): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
  }

  /** The next whole message, if it is there; throws `WireError` for one longer than we read. */
  next(): Uint8Array | undefined {
    const [high, low] = this.#pending;
    if (high === undefined || low === undefined) return undefined;
    const length = high * 256 + low;
    if (length > queryLimit) {
      throw new WireError("wire.too-long", `want at most ${queryLimit} bytes, got ${length}`, {
        field: "length",
        want: queryLimit,
        got: length,
      });
    }
    if (this.#pending.length < length + 2) return undefined;
    const message = this.#pending.subarray(2, length + 2);
    this.#pending = this.#pending.subarray(length + 2);
    return message;
  }
}

/** An answer with its length before it, as one piece: two small segments would wait for each other. */
export function frameAnswer(answer: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(answer.length >>> 8, answer.length & 255), answer]);
}
