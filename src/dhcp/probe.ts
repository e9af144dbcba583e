import { KindlingError, WireError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import {
  openPacketSocket,
  type PacketOptions,
  type PacketSocket,
} from "../runtime/packet-socket.ts";
import { openUdp, type UdpOptions, type UdpPeer, type UdpSocket } from "../runtime/udp.ts";
import { type Ipv4Address, limitedBroadcast } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import { udpFromPort } from "../wire/packet-filter.ts";
import { readUdpFrame } from "../wire/udp-frame.ts";
import { addForeign, type ForeignServer, readForeign } from "./foreign.ts";
import { type DhcpMessage, formatDhcp, parseDhcp } from "./packet.ts";
import { formBootServerAsk, formProbe, type ProbeKind, probeMac } from "./probe-packet.ts";

export type ProbeDeps = {
  readonly device: string;
  readonly address: Ipv4Address;
  readonly kind: ProbeKind;
  readonly clock: Clock;
  /** Random bytes, as many as asked for. */
  readonly random: (bytes: number) => Uint8Array;
  readonly openSocket?: (options: UdpOptions) => Promise<UdpSocket>;
  readonly openPacket?: (options: PacketOptions) => Promise<PacketSocket>;
};

/** Ears on one link, and the question who is there. */
export type LinkProbe = AsyncDisposable & {
  /** Asks three times within `listenMs`; at its end, the servers that answered. */
  ask(listenMs: number): Promise<readonly ForeignServer[]>;
  /** Sets the only handler of other servers' broadcasts to other clients. */
  onOverheard(handler: (server: ForeignServer) => void): void;
};

const dhcpServerPort = 67;
const dhcpClientPort = 68;
const bootServerPort = 4011;

/** Questions of one probe: at 0, 2 and 4 s of its 6, since broadcasts do get lost. */
const questions = 3;
/** Each question comes up to this part of the time between two late: two daemons drift apart. */
const jitter = 0.2;

const etherTypeIpv4 = 0x0800;

/**
 * Two ears, since each is deaf to something. The packet socket hears what a firewall drops: one that
 * opens port 67 for a DHCP server leaves 68 closed, and "nobody answered" would be a lie. UDP 68 hears
 * this host's own server, whose broadcasts come round above the device. A unicast to another client
 * neither hears; a switch does not send it here.
 */
export async function openProbe(deps: ProbeDeps): Promise<LinkProbe> {
  const { device, openSocket = openUdp, openPacket = openPacketSocket } = deps;
  await using opening = new AsyncDisposableStack();
  const filter = udpFromPort(dhcpServerPort);
  const frames = opening.use(await openPacket({ device, etherType: etherTypeIpv4, filter }));
  const broadcasts = opening.use(await openClientPort(device, openSocket));
  const unicasts = opening.use(await openSocket({ address: deps.address, port: 0 }));
  const probe = new Probe(deps, { frames, broadcasts, unicasts });
  const open = opening.move();
  return {
    ask: (listenMs) => probe.ask(listenMs),
    onOverheard: (handler) => probe.onOverheard(handler),
    async [Symbol.asyncDispose]() {
      probe.end();
      await open.disposeAsync();
    },
  };
}

// Bound to 255.255.255.255 it hears broadcasts alone: the answer to this host's own DHCP client comes
// to its address, and would go to one socket of the two. Where somebody holds 68 for himself, another
// port sends as well: servers answer to 68 whatever the question came from (RFC 2131 §4.1).
async function openClientPort(
  device: string,
  openSocket: (options: UdpOptions) => Promise<UdpSocket>,
): Promise<UdpSocket> {
  const options = { device, address: limitedBroadcast, shared: true };
  try {
    return await openSocket({ ...options, port: dhcpClientPort });
  } catch (error) {
    if (!(error instanceof KindlingError) || error.code !== "port.in-use") throw error;
    return await openSocket({ ...options, port: 0 });
  }
}

type Ears = {
  readonly frames: PacketSocket;
  readonly broadcasts: UdpSocket;
  readonly unicasts: UdpSocket;
};

type Round = { readonly xids: ReadonlySet<number>; servers: readonly ForeignServer[] };

class Probe {
  readonly #deps: ProbeDeps;
  readonly #mac: MacAddress;
  readonly #broadcasts: UdpSocket;
  readonly #unicasts: UdpSocket;
  readonly #timers = new Set<Disposable>();
  #round: Round = { xids: new Set(), servers: [] };
  #finish = (): void => {};
  #overheard = (_server: ForeignServer): void => {};

  constructor(deps: ProbeDeps, { frames, broadcasts, unicasts }: Ears) {
    this.#deps = deps;
    // One for life: a server that sets an address aside for each DISCOVER sets aside one.
    this.#mac = probeMac(deps.random(5));
    this.#broadcasts = broadcasts;
    this.#unicasts = unicasts;
    frames.onError(() => {}); // a link that is down: nobody answers there, which is told
    broadcasts.onError(() => {});
    unicasts.onError(() => {});
    frames.receive((frame) => this.#receiveFrame(frame));
    broadcasts.receive((datagram, peer) => this.#receive(datagram, peer));
    unicasts.receive((datagram, peer) => this.#receive(datagram, peer));
  }

  onOverheard(handler: (server: ForeignServer) => void): void {
    this.#overheard = handler;
  }

  async ask(listenMs: number): Promise<readonly ForeignServer[]> {
    this.end();
    const { random } = this.#deps;
    const [system, firmware] = [Buffer.from(random(4)), Buffer.from(random(4))];
    const xids = { system: system.readUInt32BE(), firmware: firmware.readUInt32BE() } as const;
    const round: Round = { xids: new Set(Object.values(xids)), servers: [] };
    this.#round = round;
    const gap = listenMs / questions;
    for (let at = 0; at < questions; at += 1) {
      const late = ((random(1)[0] ?? 0) / 255) * jitter * gap;
      this.#after(at * gap + (at === 0 ? 0 : late), () => this.#send(xids));
    }
    await new Promise<void>((resolve) => {
      this.#finish = resolve;
      this.#after(listenMs, resolve);
    });
    return round.servers;
  }

  /** Ends a probe that runs, with what it has. */
  end(): void {
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#timers.clear();
    this.#finish();
  }

  #after(ms: number, task: () => void): void {
    const timer = this.#deps.clock.after(ms, () => {
      this.#timers.delete(timer);
      task();
    });
    this.#timers.add(timer);
  }

  #send(xids: Readonly<Record<"system" | "firmware", number>>): void {
    const { kind, address: sender } = this.#deps;
    const to = { address: limitedBroadcast, port: dhcpServerPort };
    for (const as of ["system", "firmware"] as const) {
      const parts = { kind, as, xid: xids[as], mac: this.#mac, sender };
      this.#broadcasts.send(formatDhcp(formProbe(parts)), to);
    }
  }

  #receiveFrame(frame: Uint8Array): void {
    const datagram = readUdpFrame(frame);
    if (datagram?.destinationPort !== dhcpClientPort) return;
    const peer = { address: datagram.source, port: datagram.sourcePort };
    this.#receive(datagram.payload, peer, datagram.mac);
  }

  #receive(datagram: Uint8Array, peer: UdpPeer, mac?: MacAddress): void {
    const message = parse(datagram);
    const read = message && readForeign(message, peer.address);
    if (message === undefined || read === undefined) return;
    const server = mac === undefined ? read : { ...read, mac };
    const round = this.#round;
    if (!round.xids.has(message.xid)) {
      this.#overheard(server);
      return;
    }
    const byBootServer = peer.port === bootServerPort;
    const known = round.servers.find(({ serverId }) => serverId === server.serverId);
    if (byBootServer && known === undefined) return;
    const found = byBootServer && known ? { ...known, bootServer: true } : server;
    round.servers = addForeign(round.servers, found);
    const isNewProxy = known === undefined && server.isProxy;
    if (isNewProxy) this.#askBootServer(message.xid, peer.address);
  }

  #askBootServer(xid: number, address: Ipv4Address): void {
    const ask = formBootServerAsk({ xid, mac: this.#mac, sender: this.#deps.address });
    this.#unicasts.send(formatDhcp(ask), { address, port: bootServerPort });
  }
}

function parse(datagram: Uint8Array): DhcpMessage | undefined {
  try {
    return parseDhcp(datagram);
  } catch (error) {
    if (error instanceof WireError) return undefined; // noise, not a server
    throw error;
  }
}
