import type { BootEvent, DhcpMessageName, EventSink } from "../boot/event.ts";
import { WireError } from "../errors.ts";
import type { Log } from "../runtime/log.ts";
import type { BoundService } from "../runtime/service.ts";
import { openUdp, type UdpOptions, type UdpPeer, type UdpSocket } from "../runtime/udp.ts";
import { anyIpv6, type Ipv6Address, parseIpv6 } from "../wire/ipv6.ts";
import { type Dhcp6Decision, decideDhcp6 } from "./decide.ts";
import { Declines } from "./declines.ts";
import { formatDhcp6, MessageType6, parseDhcp6 } from "./packet.ts";
import { bootUrl, relaysBack } from "./reply.ts";
import { type Dhcp6Request, type RequestType, readRequest6 } from "./request.ts";
import type { Dhcp6Settings, Dhcp6Site } from "./settings.ts";

/** A link to serve. */
export type Dhcp6Link = { readonly device: string; readonly site: Dhcp6Site };

export type Dhcp6ServerDeps = {
  readonly links: readonly Dhcp6Link[];
  readonly settings: Dhcp6Settings;
  readonly serverId: Uint8Array;
  readonly log: Log;
  readonly publish: EventSink;
  readonly openSocket?: (options: UdpOptions<Ipv6Address>) => Promise<Socket>;
};

/** The running part. `replaceSettings` counts from the next message on. */
export type Dhcp6Server = BoundService & {
  replaceSettings(settings: Dhcp6Settings): void;
  /** How many messages were not answered, by reason. */
  counts(): ReadonlyMap<string, number>;
};

type Socket = UdpSocket<Ipv6Address>;
type Peer = UdpPeer<Ipv6Address>;

/** RFC 8415 §7.1, §7.2. */
const serverPort = 547;
const allServersAndRelays = parseIpv6("ff02::1:2");

/** Binds port 547 of every link or of none; answers only after `serve()`. */
export async function openDhcp6Server(
  deps: Dhcp6ServerDeps,
  signal: AbortSignal,
): Promise<Dhcp6Server> {
  await using opening = new AsyncDisposableStack();
  const { openSocket = openUdp, links } = deps;
  const exchange = new Exchange(deps);
  const sockets: { link: Dhcp6Link; socket: Socket; log: Log }[] = [];
  for (const link of links) {
    signal.throwIfAborted();
    const { device } = link;
    const place = { device, port: serverPort, address: anyIpv6, group: allServersAndRelays };
    const socket = opening.use(await openSocket(place));
    sockets.push({ link, socket, log: deps.log.child({ device }) });
  }
  const open = opening.move();
  const { promise: done, resolve } = Promise.withResolvers<void>();
  return {
    name: "dhcpv6",
    done,
    serve() {
      for (const { link, socket, log } of sockets) {
        socket.onError((error) => log.warn("dhcpv6 send failed", { error: error.message }));
        socket.receive((datagram, peer) => exchange.receive(datagram, peer, { link, socket, log }));
      }
    },
    replaceSettings: (settings) => exchange.replaceSettings(settings),
    counts: () => exchange.counts,
    async [Symbol.asyncDispose]() {
      await open.disposeAsync();
      resolve();
    },
  };
}

type Port = { readonly link: Dhcp6Link; readonly socket: Socket; readonly log: Log };

/** The way of one datagram: parse, decide, send, publish, one line. */
class Exchange {
  readonly #deps: Dhcp6ServerDeps;
  readonly #declines = new Declines();
  readonly counts = new Map<string, number>();
  #settings: Dhcp6Settings;

  constructor(deps: Dhcp6ServerDeps) {
    this.#deps = deps;
    this.#settings = deps.settings;
  }

  replaceSettings(settings: Dhcp6Settings): void {
    this.#settings = settings;
  }

  receive(datagram: Uint8Array, peer: Peer, port: Port): void {
    try {
      const result = readRequest6(parseDhcp6(datagram), peer.address);
      if (result.kind === "ignore") this.#count(result.reason);
      else this.#answer(result.request, peer, port);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#count(`malformed ${String(error.details["field"])}`);
      port.log.debug("dhcpv6 message malformed", { peer: peer.address, error: error.message });
    }
  }

  #answer(request: Dhcp6Request, peer: Peer, port: Port): void {
    this.#publish(request, { direction: "in", message: Names[request.type] });
    const { site } = port.link;
    const { serverId } = this.#deps;
    const declines = this.#declines.of(request.key);
    const decision = decideDhcp6(request, { site, settings: this.#settings, serverId, declines });
    const fields = { ...fieldsOf(request), decision: decision.kind, reason: decision.reason };
    if (decision.kind === "ignore") {
      this.#count(decision.reason);
      port.log.debug("dhcpv6 decision", fields);
      return;
    }
    if (decision.declined) this.#declines.add(request.key);
    const relays = relaysBack(request);
    const bytes = formatDhcp6({ message: decision.message, relays }, MessageType6.relayReply);
    port.socket.send(bytes, peer); // a client from 546, a relay from 547
    const file = bootUrl(request, site);
    if (Said.includes(decision.reason)) {
      this.#publish(request, { ...wordsOf(decision), ...(file && { file }) });
    }
    port.log.info("dhcpv6 decision", {
      ...fields,
      ...(file && { file }),
      to: peer.address,
      ...(decision.granted && { address: decision.granted }),
    });
  }

  #count(reason: string): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
  }

  #publish({ client }: Dhcp6Request, part: PublishedPart): void {
    const { mac, arch, stage } = client;
    this.#deps.publish({
      kind: "dhcp",
      port: serverPort,
      stage: stage.kind,
      ...(mac && { mac }),
      ...(arch && { arch: arch.name }),
      ...part,
    });
  }
}

type PublishedPart = Pick<
  Extract<BootEvent, { kind: "dhcp" }>,
  "direction" | "message" | "reason" | "file" | "address"
>;

// The words of IPv4 for the same steps, so that a boot reads alike by either way.
const Names: Readonly<Record<RequestType, DhcpMessageName>> = {
  solicit: "discover",
  request: "request",
  confirm: "request",
  renew: "request",
  rebind: "request",
  release: "release",
  decline: "decline",
  "information-request": "inform",
};

/** Answers that a boot goes on with; the others close something, and are in the log alone. */
const Said: readonly string[] = ["offered", "rapid-commit", "granted", "renewed", "informed"];

function wordsOf({
  reason,
  message,
  granted,
}: Extract<Dhcp6Decision, { kind: "reply" }>): PublishedPart {
  const isOffer = message.type === MessageType6.advertise;
  return {
    direction: "out",
    message: isOffer ? "offer" : "ack",
    reason,
    ...(granted && { address: granted }),
  };
}

function fieldsOf({ type, key, client }: Dhcp6Request): Record<string, unknown> {
  return {
    mac: client.mac ?? key,
    message: type,
    stage: client.stage.kind,
    ...(client.arch && { arch: client.arch.name }),
  };
}
