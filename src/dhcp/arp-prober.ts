import { WireError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import {
  openPacketSocket,
  type PacketOptions,
  type PacketSocket,
} from "../runtime/packet-socket.ts";
import { EtherType, formatArpProbe, parseArp } from "../wire/arp.ts";
import { anyAddress, type Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import { type Subnet, subnetContains } from "../wire/subnet.ts";
import type { ProbeAnswer } from "./conflict.ts";

/** Asks the link of an address whether somebody uses it. */
export type AddressProber = AsyncDisposable & {
  /** `unknown` at once where no link holds it or too many are being asked about. */
  probe(address: Ipv4Address): Promise<ProbeAnswer>;
  /**
   * Asks no further; the answer is `unknown`. For an address that a client is told it has: it asks the
   * link itself now, and takes another's question for a conflict (RFC 5227 §2.1.1).
   */
  forget(address: Ipv4Address): void;
  /** Sets the only listener: who was overheard to use which address, unasked. */
  overhear(listener: (address: Ipv4Address, by: MacAddress) => void): void;
};

export type ArpProberDeps = {
  readonly links: readonly { readonly device: string; readonly subnet: Subnet }[];
  readonly clock: Clock;
  readonly log: Log;
  readonly openSocket?: (options: PacketOptions) => Promise<PacketSocket>;
};

/** How long each of the two questions waits for its answer; a switched LAN takes 1 ms. */
const waitMs = 100;
const questions = 2;

/** Addresses asked about at once: a flood of DISCOVERs must not become one of ARP. */
const pendingMax = 64;

type Hearing = (address: Ipv4Address, by: MacAddress) => void;
type Pending = { readonly done: (answer: ProbeAnswer) => void };

/** Opens one packet socket for each link. Fails with `rights.missing` without CAP_NET_RAW. */
export async function openArpProber(deps: ArpProberDeps): Promise<AddressProber> {
  const { links, clock, log, openSocket = openPacketSocket } = deps;
  await using opening = new AsyncDisposableStack();
  const pending = new Map<Ipv4Address, Pending>();
  let overheard: Hearing = () => {};
  const heard: Hearing = (address, by) => {
    const asked = pending.get(address);
    if (asked === undefined) overheard(address, by);
    else asked.done({ kind: "answered", by });
  };
  const sockets: { readonly subnet: Subnet; readonly socket: PacketSocket }[] = [];
  for (const { device, subnet } of links) {
    const socket = opening.use(await openSocket({ device, etherType: EtherType.arp }));
    socket.onError((error) => log.warn("arp probe failed", { device, error: error.message }));
    socket.receive((frame) => hear(frame, socket, heard));
    sockets.push({ subnet, socket });
  }
  const open = opening.move();
  return {
    async probe(address) {
      const link = sockets.find(({ subnet }) => subnetContains(subnet, address));
      if (link === undefined || pending.has(address) || pending.size >= pendingMax) {
        return { kind: "unknown" };
      }
      return await ask(address, link.socket, { pending, clock });
    },
    forget: (address) => pending.get(address)?.done({ kind: "unknown" }),
    overhear(listener) {
      overheard = listener;
    },
    async [Symbol.asyncDispose]() {
      for (const { done } of pending.values()) done({ kind: "unknown" });
      await open.disposeAsync();
    },
  };
}

function ask(
  address: Ipv4Address,
  socket: PacketSocket,
  { pending, clock }: { pending: Map<Ipv4Address, Pending>; clock: Clock },
): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    let timer: Disposable | undefined;
    const done = (answer: ProbeAnswer): void => {
      timer?.[Symbol.dispose]();
      pending.delete(address);
      resolve(answer);
    };
    const question = (left: number): void => {
      if (left === 0) {
        done({ kind: "silent" });
        return;
      }
      timer = clock.after(waitMs, () => question(left - 1));
      socket.send(formatArpProbe(socket.mac, address));
    };
    pending.set(address, { done });
    question(questions);
  });
}

function hear(frame: Uint8Array, socket: PacketSocket, heard: Hearing): void {
  try {
    const { sender, senderMac } = parseArp(frame);
    if (senderMac !== socket.mac && sender !== anyAddress) heard(sender, senderMac);
  } catch (error) {
    if (!(error instanceof WireError)) throw error; // not ours to understand
  }
}
