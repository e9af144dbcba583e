import type { Clock } from "../runtime/clock.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import type { Zones } from "./decide.ts";
import { formatNotify, notifyAckId } from "./message.ts";

export type NotifierDeps = {
  readonly clock: Clock;
  /** Zones as this secondary would see them, and who they are now. */
  readonly zonesFor: (secondary: Ipv4Address) => Zones;
  readonly secondaries: () => readonly Ipv4Address[];
  readonly send: (message: Uint8Array, secondary: Ipv4Address) => void;
  readonly randomId: () => number;
};

/** A rack that powers on changes the zone a hundred times in seconds: its secondaries are told once. */
export const settleMs = 1000;
/** RFC 1996 §3.6 asks for a minute and five tries; a LAN answers at once or not at all. */
export const retryMs = 5000;
const triesMax = 3;

type Waiting = { readonly message: Uint8Array; readonly secondary: Ipv4Address; tries: number };

/** Tells each secondary of each zone whose serial is another than when it was told last (RFC 1996). */
export class Notifier implements Disposable {
  readonly #deps: NotifierDeps;
  readonly #told = new Map<string, number>();
  readonly #waiting = new Map<number, Waiting>();
  #settling: Disposable | undefined;
  #retrying: Disposable | undefined;

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
  }

  /** Something may have changed. */
  poke(): void {
    if (this.#deps.secondaries().length === 0) return;
    this.#settling ??= this.#deps.clock.after(settleMs, () => {
      this.#settling = undefined;
      this.#tell();
    });
  }

  /** True for a secondary's "heard it", which is no query. */
  takeAck(datagram: Uint8Array, from: Ipv4Address): boolean {
    const id = notifyAckId(datagram);
    if (id === undefined || this.#waiting.get(id)?.secondary !== from) return false;
    this.#waiting.delete(id);
    return true;
  }

  [Symbol.dispose](): void {
    this.#settling?.[Symbol.dispose]();
    this.#retrying?.[Symbol.dispose]();
  }

  #tell(): void {
    const { secondaries, zonesFor, randomId } = this.#deps;
    for (const secondary of secondaries()) {
      for (const { origin, soa } of zonesFor(secondary).values()) {
        const key = `${secondary} ${origin}`;
        if (this.#told.get(key) === soa.data.serial) continue;
        this.#told.set(key, soa.data.serial);
        const id = randomId();
        this.#waiting.set(id, { message: formatNotify(id, origin), secondary, tries: 0 });
      }
    }
    this.#sendWaiting();
  }

  #sendWaiting(): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.tries === triesMax) this.#waiting.delete(id);
      else this.#deps.send(waiting.message, waiting.secondary);
      waiting.tries += 1;
    }
    this.#retrying?.[Symbol.dispose]();
    if (this.#waiting.size === 0) return;
    this.#retrying = this.#deps.clock.after(retryMs, () => this.#sendWaiting());
  }
}
