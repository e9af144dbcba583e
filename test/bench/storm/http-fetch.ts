import { createHash, type Hash } from "node:crypto";
import { connect } from "node:net";

/** What came of one GET; `text` only where it was asked for. */
export type Fetched = { readonly bytes: number; readonly text: string; readonly sha256: string };

export type FetchOptions = {
  /** The machine's own address. */
  readonly address: string;
  /** What becomes of the body besides being counted. */
  readonly keep: "nothing" | "text" | "digest";
};

/** Longer than any stage may take: what comes to a halt is a failure, not a pause. */
const stallMs = 60_000;

/**
 * One buffer for all connections: bodies are counted and dropped, and the client's own work must not be
 * what is measured.
 */
const sink = Buffer.alloc(1 << 20);

/** GET by HTTP/1.1 on a connection of its own, as iPXE does; fails unless it is 200 and whole. */
export function fetchByHttp(url: string, options: FetchOptions): Promise<Fetched> {
  const { hostname, port, pathname, search, host } = new URL(url);
  return new Promise((resolve, reject) => {
    const body = new Body(options.keep);
    const fail = (why: string): void => {
      socket.destroy();
      reject(new Error(`GET ${pathname}: ${why}`));
    };
    const socket = connect({
      host: hostname,
      port: Number(port || 80),
      localAddress: options.address,
      onread: {
        buffer: sink,
        callback(length, chunk) {
          const state = body.feed(chunk.subarray(0, length));
          if (state.kind === "bad") fail(state.why);
          if (state.kind === "whole") {
            socket.destroy();
            resolve(state.fetched);
          }
          return true;
        },
      },
    });
    socket.setTimeout(stallMs, () => fail("stalled"));
    socket.on("error", (error) => fail(error.message));
    socket.on("close", () => fail("closed early"));
    socket.on("connect", () =>
      socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
    );
  });
}

type BodyState =
  | { readonly kind: "more" }
  | { readonly kind: "bad"; readonly why: string }
  | { readonly kind: "whole"; readonly fetched: Fetched };

/** Reads the head, then counts to Content-Length. */
class Body {
  readonly #texts: Buffer[] = [];
  readonly #hash: Hash | undefined;
  readonly #keepsText: boolean;
  #head = "";
  #want = -1;
  #bytes = 0;

  constructor(keep: FetchOptions["keep"]) {
    this.#keepsText = keep === "text";
    this.#hash = keep === "digest" ? createHash("sha256") : undefined;
  }

  feed(chunk: Uint8Array): BodyState {
    let data = chunk;
    if (this.#want < 0) {
      this.#head += Buffer.from(chunk).toString("latin1");
      const end = this.#head.indexOf("\r\n\r\n");
      if (end < 0) return { kind: "more" };
      const head = this.#head.slice(0, end);
      const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
      if (!head.startsWith("HTTP/1.1 200 ") || length === undefined) {
        return { kind: "bad", why: head.split("\r\n")[0] ?? "" };
      }
      data = Buffer.from(this.#head.slice(end + 4), "latin1");
      this.#want = Number(length);
    }
    this.#bytes += data.length;
    if (this.#keepsText) this.#texts.push(Buffer.from(data));
    this.#hash?.update(data);
    return this.#bytes < this.#want ? { kind: "more" } : { kind: "whole", fetched: this.#end() };
  }

  #end(): Fetched {
    const text = Buffer.concat(this.#texts).toString();
    return { bytes: this.#bytes, text, sha256: this.#hash?.digest("hex") ?? "" };
  }
}
