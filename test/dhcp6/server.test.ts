import { beforeEach, describe, expect, it } from "vitest";
import type { BootFact } from "../../src/boot/event.ts";
import { findOption, OptionCode6 } from "../../src/dhcp6/options.ts";
import { formatDhcp6, MessageType6, parseDhcp6 } from "../../src/dhcp6/packet.ts";
import { type Dhcp6Server, openDhcp6Server } from "../../src/dhcp6/server.ts";
import { silentLog } from "../../src/runtime/log.ts";
import type { UdpOptions, UdpPeer, UdpSocket } from "../../src/runtime/udp.ts";
import { type Ipv6Address, parseIpv6 } from "../../src/wire/ipv6.ts";
import {
  Client6,
  ia,
  machine6,
  type Parts6,
  packetOf,
  serverId6,
} from "../support/dhcp6-message.ts";
import { settings6, site6 } from "../support/dhcp6-site.ts";

type Peer = UdpPeer<Ipv6Address>;

let opened: UdpOptions<Ipv6Address>[];
let sent: (Peer & { datagram: Uint8Array })[];
let events: BootFact[];
let hear: (datagram: Uint8Array, peer: Peer) => void;
let server: Dhcp6Server;

const openSocket = async (options: UdpOptions<Ipv6Address>): Promise<UdpSocket<Ipv6Address>> => {
  opened.push(options);
  return {
    local: options,
    receive: (handler) => {
      hear = handler;
    },
    send: (datagram, peer) => void sent.push({ ...peer, datagram }),
    onError: () => {},
    [Symbol.asyncDispose]: async () => {},
  };
};

beforeEach(async () => {
  [opened, sent, events] = [[], [], []];
  const links = [{ device: "eth0", site: site6 }];
  const deps = { links, settings: settings6, serverId: Buffer.from(serverId6, "hex") };
  const publish = (event: BootFact) => void events.push(event);
  const all = { ...deps, log: silentLog, publish, openSocket };
  server = await openDhcp6Server(all, new AbortController().signal);
  server.serve();
});

const peer: Peer = { address: parseIpv6(machine6), port: 546 };
const tell = (parts: Parts6, from = peer) =>
  hear(formatDhcp6(packetOf(parts), MessageType6.relayForward), from);
const solicit: Parts6 = { type: "solicit", options: [...Client6.pxe, ia(7)] };

describe("the server", () => {
  it("listens where clients and relays ask", () => {
    expect(opened).toEqual([{ device: "eth0", port: 547, address: "::", group: "ff02::1:2" }]);
  });

  it("answers whom it heard and tells of both in the words of IPv4", () => {
    tell(solicit);
    expect(sent).toMatchObject([peer]);
    const mac = "52:54:00:77:00:10";
    const both = { kind: "dhcp", port: 547, mac, stage: "firmware", arch: "x64 UEFI" };
    expect(events).toEqual([
      { ...both, direction: "in", message: "discover" },
      {
        ...both,
        direction: "out",
        message: "offer",
        reason: "offered",
        file: "tftp://[fd77::1]/snponly.efi",
      },
    ]);
  });

  it("answers a relay with what the relay wants back", () => {
    const options = [{ code: OptionCode6.interfaceId, value: Uint8Array.of(7) }];
    const relay = { hops: 0, link: parseIpv6("fd77::9"), peer: peer.address, options };
    const heard = { ...relay, options: [...options, { code: 79, value: Buffer.alloc(8) }] };
    const from: Peer = { address: parseIpv6("fd77::9"), port: 547 };
    tell({ ...solicit, relays: [heard] }, from);
    expect(sent).toMatchObject([from]);
    expect(sent[0]?.datagram[0]).toBe(MessageType6.relayReply);
    expect(parseDhcp6(sent[0]?.datagram ?? Buffer.of())).toMatchObject({
      relays: [relay],
      message: { type: MessageType6.advertise },
    });
  });

  it("gives another address to who declined one", () => {
    const offered = () => {
      tell(solicit);
      const { message } = parseDhcp6(sent.at(-1)?.datagram ?? Buffer.of());
      return Buffer.from(findOption(message.options, OptionCode6.iaNa) ?? []).toString("hex");
    };
    const first = offered();
    expect(offered()).toBe(first);
    tell({ type: "decline", serverId: serverId6, options: [ia(7)] });
    expect(offered()).not.toBe(first);
  });

  it("counts what it does not answer", () => {
    hear(Buffer.of(1, 2), peer);
    tell({ type: "request" });
    tell({ type: "reply" });
    expect(sent).toEqual([]);
    expect([...server.counts()]).toEqual([
      ["malformed xid", 1],
      ["no-server-id", 1],
      ["not-for-servers", 1],
    ]);
  });

  it("takes settings up with the next message", () => {
    server.replaceSettings({ ...settings6, dns: [parseIpv6("fd77::53")] });
    tell(solicit);
    const { message } = parseDhcp6(sent[0]?.datagram ?? Buffer.of());
    expect(findOption(message.options, OptionCode6.dnsServers)).toHaveLength(16);
  });
});
