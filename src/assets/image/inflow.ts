import type { IncomingMessage } from "node:http";

/** Bytes that are worth a write of their own, and the most that wait for one. */
const batchBytes = 256 * 1024;
const waitingMax = 2 << 20;

/**
 * The body of an answer, in batches. It is taken as it comes, so that what came before a break is not lost
 * with it, and the next bytes arrive while the last ones are written.
 */
export class Inflow implements AsyncIterable<Buffer>, Disposable {
  readonly #body: IncomingMessage;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #state: "open" | "ended" | { readonly error: unknown } = "open";
  #wake: (() => void) | undefined;

  constructor(body: IncomingMessage) {
    this.#body = body;
    body.on("data", (chunk: Buffer) => this.#take(chunk));
    body.on("end", () => this.#end("ended"));
    body.on("error", (error) => this.#end({ error }));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        if (this.#state === "open" && this.#bytes < batchBytes) await this.#more();
        if (this.#bytes > 0) yield this.#drain();
        else if (this.#state === "ended") return;
        else if (this.#state !== "open") throw this.#state.error;
      }
    } finally {
      this[Symbol.dispose]();
    }
  }

  /** Nobody wants the rest. */
  [Symbol.dispose](): void {
    if (this.#state === "open") this.#body.destroy();
  }

  #take(chunk: Buffer): void {
    this.#waiting.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= waitingMax) this.#body.pause();
    if (this.#bytes >= batchBytes) this.#wake?.();
  }

  #end(state: "ended" | { readonly error: unknown }): void {
    if (this.#state === "open") this.#state = state;
    this.#wake?.();
  }

  #drain(): Buffer {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#bytes = 0;
    this.#body.resume();
    return bytes;
  }

  #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}
