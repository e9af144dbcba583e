import type { BootEvent } from "../boot/event.ts";
import type { FindingSink } from "../boot/finding.ts";
import type { LoaderHistory } from "../boot/loader-choice.ts";
import {
  type BootTrack,
  followBoot,
  historyOf,
  type Loop,
  loopOf,
  NewTrack,
} from "../boot/loop.ts";
import { loopFinding } from "../boot/loop-words.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Clock } from "./clock.ts";

/** Machines remembered at once; the one heard longest ago leaves first. */
const machineLimit = 16_384;

/** How each machine's boots go, kept up by the events of the bus; tells circles as findings. */
export class BootWatch implements Disposable {
  readonly #clock: Clock;
  readonly #findings: FindingSink;
  readonly #tracks = new Map<MacAddress, BootTrack>();
  readonly #looping = new Set<MacAddress>();
  readonly #subscription: Disposable;

  constructor(deps: {
    readonly clock: Clock;
    readonly findings: FindingSink;
    readonly subscribe: (listener: (event: BootEvent) => void) => Disposable;
  }) {
    this.#clock = deps.clock;
    this.#findings = deps.findings;
    this.#subscription = deps.subscribe((event) => this.#follow(event));
  }

  trackOf(mac: MacAddress): BootTrack | undefined {
    return this.#tracks.get(mac);
  }

  readonly historyOf = (mac: MacAddress): LoaderHistory | undefined => {
    const track = this.#tracks.get(mac);
    return track && historyOf(track, this.#clock.now());
  };

  loopOf(mac: MacAddress): Loop | undefined {
    const track = this.#tracks.get(mac);
    return track && loopOf(track, this.#clock.now());
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #follow(event: BootEvent): void {
    if (event.kind === "finding") return;
    const { mac } = event;
    if (mac !== undefined) {
      const track = followBoot(this.#tracks.get(mac) ?? NewTrack, event);
      this.#tracks.delete(mac);
      this.#tracks.set(mac, track);
      const loop = loopOf(track, event.at);
      if (loop !== undefined) this.#raise(mac, track, loop);
      this.#forgetOldest();
    }
    for (const one of this.#looping) if (this.loopOf(one) === undefined) this.#clear(one);
  }

  #raise(mac: MacAddress, track: BootTrack, loop: Loop): void {
    this.#looping.add(mac);
    this.#findings.raise({ ...loopFinding(loop, track), mac, subject: mac });
  }

  #clear(mac: MacAddress): void {
    this.#looping.delete(mac);
    this.#findings.clear({ code: "boot.loop", subject: mac });
  }

  #forgetOldest(): void {
    const oldest = this.#tracks.keys().next();
    if (this.#tracks.size <= machineLimit || oldest.done) return;
    this.#tracks.delete(oldest.value);
    if (this.#looping.has(oldest.value)) this.#clear(oldest.value);
  }
}
