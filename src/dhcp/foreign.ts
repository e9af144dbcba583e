import { anyAddress, type Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import { MessageType, OptionCode } from "./options.ts";
import { type DhcpMessage, OpCode } from "./packet.ts";

/** What one DHCP server of a link says, put together from all its answers. */
export type ForeignServer = {
  /** Option 54, or the sender's address where that is missing. */
  readonly serverId: Ipv4Address;
  /** Where its datagrams come from: behind a relay another one. */
  readonly address: Ipv4Address;
  /** The card that its frames come from, or the last router's. */
  readonly mac?: MacAddress;
  /** The address it offers; absent from one that only adds boot answers. */
  readonly yiaddr?: Ipv4Address;
  readonly leaseSeconds?: number;
  readonly router?: Ipv4Address;
  readonly dns: readonly Ipv4Address[];
  readonly vendorClass60?: string;
  readonly bootFile?: string;
  readonly nextServer?: Ipv4Address;
  /** It answers network boots and offers no address. */
  readonly isProxy: boolean;
  readonly relayed: boolean;
  /** It was asked on port 4011, and answered. */
  readonly bootServer?: boolean;
};

/** Servers of one link that are told apart: who makes ids up must not fill the memory. */
export const foreignServersMax = 16;

/** Longest text of a peer that is kept and printed. */
const textMax = 128;

/** Reads an OFFER or ACK of any server; undefined for what is neither. */
export function readForeign(message: DhcpMessage, from: Ipv4Address): ForeignServer | undefined {
  const type = message.options.get(OptionCode.messageType)?.[0];
  const says = type === MessageType.offer || type === MessageType.ack;
  if (message.op !== OpCode.reply || !says) return undefined;
  const { yiaddr, siaddr, giaddr } = message;
  const lease = message.options.get(OptionCode.leaseTime);
  const [router] = addressesOf(message, OptionCode.router);
  const vendorClass60 = textOf(message.options.get(OptionCode.vendorClass));
  const bootFile =
    message.file.slice(0, textMax) || textOf(message.options.get(OptionCode.bootFile));
  return {
    serverId: addressesOf(message, OptionCode.serverId)[0] ?? from,
    address: from,
    ...(yiaddr !== anyAddress && { yiaddr }),
    ...(lease?.length === 4 && { leaseSeconds: Buffer.from(lease).readUInt32BE() }),
    ...(router !== undefined && { router }),
    dns: addressesOf(message, OptionCode.dnsServers),
    ...(vendorClass60 !== undefined && { vendorClass60 }),
    ...(bootFile !== undefined && { bootFile }),
    ...(siaddr !== anyAddress && { nextServer: siaddr }),
    isProxy: yiaddr === anyAddress,
    relayed: giaddr !== anyAddress,
  };
}

/** The list with one more answer: of a server that is there already, it adds to what is known. */
export function addForeign(
  servers: readonly ForeignServer[],
  found: ForeignServer,
): readonly ForeignServer[] {
  const at = servers.findIndex(({ serverId }) => serverId === found.serverId);
  const before = servers[at];
  if (before !== undefined) return servers.with(at, mergeForeign(before, found));
  return servers.length >= foreignServersMax ? servers : [...servers, found];
}

function mergeForeign(before: ForeignServer, found: ForeignServer): ForeignServer {
  return {
    ...before,
    ...found,
    dns: found.dns.length > 0 ? found.dns : before.dns,
    isProxy: before.isProxy && found.isProxy,
    relayed: before.relayed || found.relayed,
  };
}

/** Those that give addresses, which is what only one server of a link may do. */
export function addressServers(servers: readonly ForeignServer[]): readonly ForeignServer[] {
  return servers.filter(({ isProxy }) => !isProxy);
}

function addressesOf(message: DhcpMessage, code: number): readonly Ipv4Address[] {
  const value = Buffer.from(message.options.get(code) ?? []);
  const count = Math.floor(value.length / 4);
  // proven: an IPv4 address is any 32-bit number
  return Array.from({ length: count }, (_, at) => value.readUInt32BE(at * 4) as Ipv4Address);
}

// A peer's bytes end on a terminal: what is no plain ASCII is shown as a point.
function textOf(value: Uint8Array | undefined): string | undefined {
  if (value === undefined) return undefined;
  const [text = ""] = Buffer.from(value.subarray(0, textMax)).toString("latin1").split("\0");
  return text.replace(/[^\x20-\x7e]/g, ".") || undefined;
}
