/** A crowd and one server in memory: a minute takes a second, and each seed is one run. */
import { parseDhcp } from "../../../src/dhcp/packet.ts";
import { parseArp } from "../../../src/wire/arp.ts";
import { formatIpv4, parseIpv4 } from "../../../src/wire/ipv4.ts";
import { type MacAddress, parseMac } from "../../../src/wire/mac.ts";
import { readUdpFrame } from "../../../src/wire/udp-frame.ts";
import { scope, settings } from "../dhcp-site.ts";
import { FakeClock } from "../fake-clock.ts";
import { type Datagram, dhcpOf, type SeenDhcp } from "../frames.ts";
import { seededRandom } from "../lossy-link.ts";
import { formatSending } from "./crowd-frames.ts";
import type { LedgerLine } from "./ledger.ts";
import type { Mishap } from "./mishaps.ts";
import { SimulatedServer } from "./simulated-server.ts";
import {
  type At,
  addressOf,
  hear,
  macOf,
  meet,
  newStation,
  type Sending,
  type Station,
  type Step,
  wake,
} from "./station.ts";

export type SimulatedRun = {
  readonly seed: number;
  readonly folder: string;
  readonly seconds: number;
  readonly stations: number;
  readonly addresses: number;
  readonly mishap: Mishap;
};

export type SimulatedOutcome = {
  readonly lines: readonly LedgerLine[];
  readonly messages: readonly SeenDhcp[];
};

const us = parseMac("52:54:00:ff:ff:01");
const stepMs = 5;

/** Runs it; the two books then say whether an address was ever anybody's twice. */
export async function simulate(run: SimulatedRun): Promise<SimulatedOutcome> {
  const link = new SimulatedLink(run);
  await link.server.start();
  const { random } = link;
  let mishapAt = 1000;
  for (let passed = 0; passed < run.seconds * 1000; passed += stepMs) {
    link.step();
    await new Promise((resolve) => setImmediate(resolve)); // who waited for the disk goes on
    link.hearServer();
    if (passed < mishapAt) continue;
    mishapAt = passed + 4000 * random();
    await run.mishap(link.server, random);
  }
  return { lines: link.lines, messages: dhcpOf(link.datagrams) };
}

class SimulatedLink {
  readonly lines: LedgerLine[] = [];
  /** As a capture at the server's cable has them. */
  readonly datagrams: Datagram[] = [];
  readonly random: () => number;
  readonly server: SimulatedServer;
  readonly #world = new FakeClock(1_795_000_000_000);
  readonly #stations = new Map<MacAddress, Station>();

  constructor({ seed, folder, stations, addresses }: SimulatedRun) {
    this.random = seededRandom(seed);
    for (let number = 0; number < stations; number += 1) {
      const station = newStation(number, this.#world.now() + 500 * this.random());
      this.#stations.set(macOf(station), station);
    }
    const last = parseIpv4(`10.77.0.${99 + addresses}`);
    const pools = [{ first: parseIpv4("10.77.0.100"), last }];
    const tight = { ...settings, scopes: [{ ...scope, pools }], leaseSeconds: 4 };
    const random = seededRandom(seed + 1);
    this.server = new SimulatedServer({ world: this.#world, random, settings: tight, folder });
  }

  step(): void {
    this.#world.step(stepMs);
    for (const station of this.#stations.values()) {
      if (station.due <= this.#world.now()) this.#take(station, wake(station, this.#at()));
    }
  }

  /** What the server sent arrives at whom it is for. */
  hearServer(): void {
    for (const { datagram, address, port, fromPort } of this.server.take()) {
      this.#capture(datagram, {
        from: "10.77.0.1",
        fromPort,
        to: formatIpv4(address),
        toPort: port,
      });
      const message = parseDhcp(datagram);
      const hex = Buffer.from(message.chaddr).toString("hex", 0, 6).match(/../g) ?? [];
      const mac = parseMac(hex.join(":"));
      this.#later(() => {
        const station = this.#stations.get(mac);
        if (station) this.#take(station, hear(station, { message, serverMac: us }, this.#at()));
      });
    }
  }

  #take(before: Station, { station, send, note }: Step): void {
    const mac = macOf(before);
    if (macOf(station) !== mac) this.#stations.delete(mac);
    this.#stations.set(macOf(station), station);
    for (const sending of send) {
      this.#send(station.generation === before.generation ? station : before, sending);
    }
    if (note === undefined) return;
    this.lines.push({ at: this.#world.now(), mac, ...note, address: formatIpv4(note.address) });
  }

  #send(station: Station, sending: Sending): void {
    const frame = formatSending(station, sending);
    const datagram = readUdpFrame(frame)?.payload;
    if (datagram === undefined) this.#hearArp(frame);
    else
      this.#later(() => {
        this.#capture(datagram, {
          from: "0.0.0.0",
          fromPort: 68,
          to: "255.255.255.255",
          toPort: 67,
        });
        this.server.deliver(datagram);
      });
  }

  #hearArp(frame: Uint8Array): void {
    const { senderMac, target } = parseArp(frame);
    for (const station of this.#stations.values()) {
      if (macOf(station) === senderMac) continue;
      this.#take(station, meet(station, target, this.#at()));
      if (addressOf(station) !== target) continue;
      const asker = this.#stations.get(senderMac);
      if (asker) this.#take(asker, meet(asker, target, this.#at()));
    }
  }

  #capture(datagram: Uint8Array, way: Omit<Datagram, "at" | "payload">): void {
    this.datagrams.push({ at: this.#world.now(), ...way, payload: Buffer.from(datagram) });
  }

  // In the order in which they are sent: a cable does not let them overtake each other.
  #later(task: () => void): void {
    this.#world.after(1, task);
  }

  #at(): At {
    return { now: this.#world.now(), random: this.random, restless: true };
  }
}
