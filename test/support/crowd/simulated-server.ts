/**
 * The whole DHCP server in a time of its own: its disk is slow and at times full, it stalls, it is killed
 * and starts again, its wall clock is set. It can be made a bad one, too, which the books must notice.
 */
import { openLeaseStore } from "../../../src/dhcp/lease-store.ts";
import type { DhcpSettings } from "../../../src/dhcp/settings.ts";
import type { Clock } from "../../../src/runtime/clock.ts";
import type { DurableDisk, DurableFile } from "../../../src/runtime/durable-file.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { start } from "../dhcp-server-rig.ts";
import type { FakeClock } from "../fake-clock.ts";
import { FakeDisk } from "../fake-disk.ts";
import { FakeNetwork, type SentDatagram } from "../fake-udp.ts";

export type SimulatedWorld = {
  /** The right time, by which its monotonic clock runs. */
  readonly world: FakeClock;
  readonly random: () => number;
  readonly settings: DhcpSettings;
  /** A folder that exists; nothing is written to it. */
  readonly folder: string;
};

/** Of writes and of datagrams so many wait, and for how long at most. */
const Slow = { share: 0.05, ms: 800 } as const;

/** One process: what it had in memory ends with it, and what it began is never finished. */
class Life {
  isAlive = true;
  isServing = false;
  network = new FakeNetwork();
  /** How each write that is under way ends with the process. */
  readonly writes = new Set<() => Promise<void>>();
}

export class SimulatedServer {
  readonly #parts: SimulatedWorld;
  readonly #disk = new FakeDisk();
  readonly #path: string;
  #life = new Life();
  /** Until when it stalls. */
  #busyUntil = 0;
  #wallOffset = 0;
  /** The host's starts so far, and when its monotonic clock was 0. */
  #boots = 1;
  #bootedAt = 0;

  constructor(parts: SimulatedWorld) {
    this.#parts = parts;
    this.#path = `${parts.folder}/leases.journal`;
  }

  async start(): Promise<void> {
    const { world, settings } = this.#parts;
    const life = new Life();
    const boot = `boot-${this.#boots}`;
    const clock: Clock = {
      now: () => world.now() + this.#wallOffset,
      monotonic: () => world.now() - this.#bootedAt,
      boot: () => boot,
      after: (ms, task) => world.after(ms, () => life.isAlive && task()),
    };
    const leases = await openLeaseStore({
      path: this.#path,
      log: silentLog,
      now: clock.now,
      disk: this.#slowDisk(life),
      lock: () => ({ kind: "locked", [Symbol.dispose]: () => {} }),
    });
    const { network, open } = await start({ clock, leases, settings });
    const server = await open();
    server.serve();
    life.network = network;
    life.isServing = true;
    this.#life = life;
  }

  /** Ends it as SIGKILL does. */
  async kill(): Promise<void> {
    this.#life.isAlive = false;
    this.#busyUntil = 0;
    await Promise.all([...this.#life.writes].map((tear) => tear()));
  }

  /** After it was killed: its host starts anew. */
  restartHost(): void {
    this.#boots += 1;
    this.#bootedAt = this.#parts.world.now();
  }

  /** Somebody sets its wall clock. */
  stepWallClock(ms: number): void {
    this.#wallOffset += ms;
  }

  /** Whether its disk takes nothing now. */
  fill(isFull: boolean): void {
    this.#disk.free = isFull ? 0 : Number.POSITIVE_INFINITY;
  }

  /** A fault that no server may have: the clock that nobody sets goes on by so much. */
  leap(ms: number): void {
    this.#bootedAt -= ms;
  }

  /** Another: the disk loses lines that it said were safe. */
  forget(lines: number): void {
    const kept = (this.#disk.text(this.#path) ?? "").split("\n").slice(0, -1 - lines);
    this.#disk.put(this.#path, Buffer.from(`${kept.join("\n")}\n`));
  }

  /** A datagram reaches its socket, and is heard in its turn. */
  deliver(datagram: Uint8Array): void {
    const { world } = this.#parts;
    const life = this.#life;
    this.#busyUntil = Math.max(this.#busyUntil, world.now()) + this.#wait();
    world.after(this.#busyUntil - world.now(), () => {
      if (life.isAlive) life.network.deliver(67, datagram);
    });
  }

  /** What it sent since it was asked last. */
  take(): readonly SentDatagram[] {
    return this.#life.network.sent.splice(0);
  }

  #wait(): number {
    const { random } = this.#parts;
    return random() < Slow.share ? Slow.ms * random() : 0;
  }

  // Opening and renaming take no time.
  #slowDisk(life: Life): DurableDisk {
    const disk = this.#disk;
    const wrap = (file: DurableFile): DurableFile => ({
      append: async (bytes) => {
        if (life.isServing) await this.#underWay(life, bytes, file);
        await file.append(bytes);
      },
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    });
    return {
      read: (path) => disk.read(path),
      open: async (path, mode) => wrap(await disk.open(path, mode)),
      replace: (from, to) => disk.replace(from, to),
      link: (path, name) => disk.link(path, name),
      remove: (path) => disk.remove(path),
    };
  }

  // A write whose process does not live to see its end came as far as chance has it, and no further.
  async #underWay(life: Life, bytes: Uint8Array, file: DurableFile): Promise<void> {
    const came = bytes.subarray(0, Math.floor(bytes.length * this.#parts.random()));
    const tear = () => file.append(came);
    life.writes.add(tear);
    await new Promise<void>((resolve) => {
      this.#parts.world.after(this.#wait(), () => life.isAlive && resolve());
    });
    life.writes.delete(tear);
  }
}
