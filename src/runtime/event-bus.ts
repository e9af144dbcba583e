import type { BootEvent, EventSink } from "../boot/event.ts";
import type { IpAddress } from "../wire/ip.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Clock } from "./clock.ts";

/** How many addresses are remembered with the machine last seen there; the oldest leave first. */
const addressLimit = 16_384;

/** The one in-process bus of boot events, with the newest `limit` kept for late subscribers. */
export class EventBus {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #listeners = new Set<(event: BootEvent) => void>();
  readonly #machines = new Map<IpAddress, MacAddress>();
  #recent: BootEvent[] = [];

  constructor(clock: Clock, limit = 10_000) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Stamps, joins to a machine by its address where the MAC is not known, keeps and hands on. */
  readonly publish: EventSink = (fact) => {
    if (fact.mac !== undefined && fact.address !== undefined) this.#note(fact.address, fact.mac);
    const mac = fact.mac ?? (fact.address === undefined ? undefined : this.machineAt(fact.address));
    const event: BootEvent = { at: this.#clock.now(), ...fact, ...(mac ? { mac } : {}) };
    this.#recent.push(event);
    if (this.#recent.length > 2 * this.#limit) this.#recent = this.#recent.slice(-this.#limit);
    for (const listener of this.#listeners) listener(event);
  };

  /** Calls `listener` for each later event until disposed of. */
  subscribe(listener: (event: BootEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** The events kept, oldest first. */
  recent(): readonly BootEvent[] {
    return this.#recent.slice(-this.#limit);
  }

  /** The machine last seen at an address, by any protocol that knew its MAC. */
  machineAt(address: IpAddress): MacAddress | undefined {
    return this.#machines.get(address);
  }

  #note(address: IpAddress, mac: MacAddress): void {
    this.#machines.delete(address);
    this.#machines.set(address, mac);
    const oldest = this.#machines.keys().next();
    if (this.#machines.size > addressLimit && !oldest.done) this.#machines.delete(oldest.value);
  }
}
