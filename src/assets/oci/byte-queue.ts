import { badArchive } from "./archive.ts";

const blockBytes = 512;

/** Reads a stream by counts of bytes; holds one chunk of it at a time. */
export class ByteQueue {
  readonly #source: AsyncIterator<Buffer>;
  readonly #close: () => void;
  #chunk: Buffer = Buffer.alloc(0);
  /** Bytes of the present body that its reader has not taken. */
  #left = 0;

  constructor(source: AsyncIterable<Buffer>, close: () => void) {
    this.#source = source[Symbol.asyncIterator]();
    this.#close = close;
  }

  /** The first bytes, which stay; fewer at the end of the stream. */
  async peek(count: number): Promise<Buffer> {
    while (this.#chunk.length < count && (await this.#more())) {}
    return this.#chunk.subarray(0, count);
  }

  /** So many bytes, or undefined at the end of the stream. */
  async take(count: number): Promise<Buffer | undefined> {
    const bytes = await this.peek(count);
    if (bytes.length < count) return undefined;
    this.#chunk = this.#chunk.subarray(count);
    return bytes;
  }

  /** So many bytes of a body, as a copy in memory. */
  async takeAll(count: number): Promise<Buffer> {
    const bytes = await this.take(count);
    if (bytes === undefined) throw cutShort();
    return Buffer.from(bytes);
  }

  /** The body of `size` bytes that comes now. */
  body(size: number): AsyncIterable<Buffer> {
    this.#left = size;
    return this.#rest();
  }

  /** Passes over what is left of a body, and what fills its last block up. */
  async endBody(size: number): Promise<void> {
    this.#left += (blockBytes - (size % blockBytes)) % blockBytes;
    for await (const _ of this.#rest()) {
      // nothing is done with it
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }

  async *#rest(): AsyncGenerator<Buffer> {
    while (this.#left > 0) {
      if (this.#chunk.length === 0 && !(await this.#more())) throw cutShort();
      const part = this.#chunk.subarray(0, this.#left);
      this.#chunk = this.#chunk.subarray(part.length);
      this.#left -= part.length;
      yield part;
    }
  }

  async #more(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done) return false;
    this.#chunk = this.#chunk.length === 0 ? next.value : Buffer.concat([this.#chunk, next.value]);
    return true;
  }
}

function cutShort(): Error {
  return badArchive("the archive ends within a file: it was cut short");
}
