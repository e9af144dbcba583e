import { type Option6, OptionCode6 } from "../../src/dhcp6/options.ts";
import { type Dhcp6Packet, MessageType6, type Relay } from "../../src/dhcp6/packet.ts";
import { type Dhcp6Request, readRequest6 } from "../../src/dhcp6/request.ts";
import { type Ipv6Address, ipv6ToBytes, parseIpv6 } from "../../src/wire/ipv6.ts";

/** A client's message in short: hex identifiers, addresses as text. */
export type Parts6 = {
  readonly type: keyof typeof MessageType6;
  readonly options?: readonly Option6[];
  readonly clientId?: string | null;
  readonly serverId?: string;
  readonly relays?: readonly Relay[];
  readonly from?: string;
};

export const serverId6 = `0004${"aa".repeat(16)}`;
/** What edk2 and iPXE send: a UUID's, which says nothing of a MAC. */
const clientId6 = `0004${"11".repeat(16)}`;

export function opt(code: number, value: Uint8Array | string): Option6 {
  return { code, value: typeof value === "string" ? Buffer.from(value, "hex") : value };
}

/** IA_NA or, by `code`, another association, with the addresses it names. */
export function ia(
  id: number,
  addresses: readonly string[] = [],
  code = OptionCode6.iaNa as number,
) {
  const head = Buffer.alloc(code === OptionCode6.iaTa ? 4 : 12);
  head.writeUInt32BE(id);
  const inner = addresses.map((text) => {
    const value = [Buffer.of(0, 5, 0, 24), ipv6ToBytes(parseIpv6(text)), Buffer.alloc(8)];
    return Buffer.concat(value);
  });
  return opt(code, Buffer.concat([head, ...inner]));
}

const texts = (...parts: readonly string[]) =>
  Buffer.concat(parts.flatMap((part) => [Buffer.of(0, part.length), Buffer.from(part)]));
const vendor = (text: string) => Buffer.concat([Buffer.of(0, 0, 1, 0x57), texts(text)]);

/** What the programs of a boot say of themselves. */
export const Client6 = {
  pxe: [opt(16, vendor("PXEClient:Arch:00007:UNDI:003000")), opt(61, "0007")],
  http: [opt(16, vendor("HTTPClient:Arch:00016:UNDI:003001")), opt(61, "0010")],
  pxeWithoutArch: [opt(16, vendor("PXEClient"))],
  httpWithoutArch: [opt(16, vendor("HTTPClient"))],
  ipxe: [opt(15, texts("iPXE")), opt(61, "0007")],
  arm: [opt(61, "000b")],
  unknownArch: [opt(61, "7777"), opt(16, vendor("PXEClient"))],
  system: [opt(6, "00170018")],
} as const;

export const machine6 = "fe80::5054:ff:fe77:10";

export function packetOf(parts: Parts6): Dhcp6Packet {
  const { type, options = [], clientId = clientId6, serverId, relays = [] } = parts;
  const ids = [
    ...(clientId === null ? [] : [opt(OptionCode6.clientId, clientId)]),
    ...(serverId === undefined ? [] : [opt(OptionCode6.serverId, serverId)]),
  ];
  const message = { type: MessageType6[type], xid: 0x123456, options: [...ids, ...options] };
  return { message, relays };
}

export function requestOf(parts: Parts6): Dhcp6Request {
  const source: Ipv6Address = parseIpv6(parts.from ?? machine6);
  const result = readRequest6(packetOf(parts), source);
  if (result.kind === "ignore") throw new Error(`not read: ${result.reason}`);
  return result.request;
}
