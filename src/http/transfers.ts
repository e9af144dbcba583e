import type { ServerResponse } from "node:http";
import { FileToSocket } from "../runtime/file-to-socket.ts";
import type { Metrics } from "../runtime/metrics.ts";
import { Lanes } from "./lanes.ts";
import { SendTurns } from "./send-turns.ts";

/**
 * So many threads of the pool's four send what is not in memory: the others are for opening files and for
 * leases, however slow a disk or dead a network's file system.
 */
const sendingThreads = 2;

/**
 * A file that goes through this process has two buffers, smaller the more transfers there are, so that two
 * thousand clients that stall hold 256 MiB together.
 */
const buffers = { total: 64 << 20, least: 64 * 1024, most: 512 * 1024 } as const;

/** All bodies of files that are being sent: whose turn it is, and what they cost together. */
export class Transfers {
  readonly turns = new SendTurns(setImmediate);
  readonly lanes = new Lanes(sendingThreads);
  readonly files = new FileToSocket();
  readonly #past = new WeakMap<ServerResponse, number>();
  readonly #idle = new Set<() => void>();
  #open = 0;
  #bufferBytes = 0;

  /** Counts a transfer that holds so many bytes, until it is disposed of. */
  begin(bufferBytes: number): Disposable {
    this.#open += 1;
    this.#bufferBytes += bufferBytes;
    return {
      [Symbol.dispose]: () => {
        this.#open -= 1;
        this.#bufferBytes -= bufferBytes;
        if (this.#open === 0) this.#tellIdle();
      },
    };
  }

  /** Calls back once, when nothing is being sent: now, or at the end of the last transfer. */
  whenIdle(task: () => void): Disposable {
    this.#idle.add(task);
    if (this.#open === 0) this.#tellIdle();
    return { [Symbol.dispose]: () => this.#idle.delete(task) };
  }

  /** Has the metrics tell what is under way. */
  showOn({ gauge }: Pick<Metrics, "gauge">): void {
    gauge("kindling_http_transfers_open", "Files being sent by HTTP.", () => this.#open);
    const help = "Memory of the buffers of these transfers.";
    gauge("kindling_http_buffer_bytes", help, () => this.#bufferBytes);
  }

  /** How large each of the two buffers of one more transfer is. */
  get bufferShare(): number {
    const even = Math.floor(buffers.total / 2 / (this.#open + 1));
    return Math.min(buffers.most, Math.max(buffers.least, even));
  }

  /** Bytes of this answer that its socket does not know of. */
  pastNode(response: ServerResponse): number {
    return this.#past.get(response) ?? 0;
  }

  addPastNode(response: ServerResponse, bytes: number): void {
    this.#past.set(response, this.pastNode(response) + bytes);
  }
  #tellIdle(): void {
    const tasks = [...this.#idle];
    this.#idle.clear();
    for (const task of tasks) task();
  }
}
