import { MessageType, OptionCode } from "../../src/dhcp/options.ts";
import { type DhcpMessage, formatDhcp, parseDhcp } from "../../src/dhcp/packet.ts";
import { type DhcpRequest, readRequest } from "../../src/dhcp/request.ts";
import { anyAddress, parseIpv4 } from "../../src/wire/ipv4.ts";
import { macToBytes, parseMac } from "../../src/wire/mac.ts";

/** What a test says of a message; the rest is an idle Ethernet client's. */
export type MessageParts = {
  readonly type?: keyof typeof MessageType;
  readonly mac?: string;
  readonly ciaddr?: string;
  readonly giaddr?: string;
  readonly requested?: string;
  readonly serverId?: string;
  readonly options?: readonly (readonly [number, Uint8Array | string])[];
  readonly header?: Partial<DhcpMessage>;
};

export const clientMac = "52:54:00:77:00:10";

/** A client's message as the wire would bring it. */
export function messageOf(parts: MessageParts): DhcpMessage {
  const { type = "discover", mac = clientMac, ciaddr, giaddr, requested, serverId } = parts;
  const options = new Map<number, Uint8Array>([
    [OptionCode.messageType, Buffer.of(MessageType[type])],
  ]);
  if (requested) options.set(OptionCode.requestedAddress, octets(requested));
  if (serverId) options.set(OptionCode.serverId, octets(serverId));
  for (const [code, value] of parts.options ?? []) {
    options.set(code, typeof value === "string" ? Buffer.from(value, "latin1") : value);
  }
  return {
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: 0x1234_5678,
    secs: 0,
    flags: 0,
    ciaddr: ciaddr ? parseIpv4(ciaddr) : anyAddress,
    yiaddr: anyAddress,
    siaddr: anyAddress,
    giaddr: giaddr ? parseIpv4(giaddr) : anyAddress,
    chaddr: Buffer.concat([macToBytes(parseMac(mac)), Buffer.alloc(10)]),
    sname: "",
    file: "",
    options,
    ...parts.header,
  };
}

/** The same, gone over the wire and read; a message that is refused fails the test. */
export function requestOf(parts: MessageParts): DhcpRequest {
  const result = readRequest(parseDhcp(formatDhcp(messageOf(parts), 1472)));
  if (result.kind !== "request") throw new Error(`not a request: ${result.reason}`);
  return result.request;
}

export function octets(address: string): Uint8Array {
  return Buffer.from(address.split(".").map(Number));
}

type Options = NonNullable<MessageParts["options"]>;

/** The options that each kind of client was seen to send. */
export const ClientOptions = {
  bios: [
    [OptionCode.vendorClass, "PXEClient:Arch:00000:UNDI:002001"],
    [OptionCode.clientArch, Buffer.of(0, 0)],
  ],
  efi: [
    [OptionCode.vendorClass, "PXEClient:Arch:00007:UNDI:003000"],
    [OptionCode.clientArch, Buffer.of(0, 7)],
    [OptionCode.clientUuid, Buffer.alloc(17)],
  ],
  http: [
    [OptionCode.vendorClass, "HTTPClient:Arch:00016:UNDI:003001"],
    [OptionCode.clientArch, Buffer.of(0, 16)],
  ],
  ipxe: [
    [OptionCode.vendorClass, "PXEClient:Arch:00000:UNDI:002001"],
    [OptionCode.clientArch, Buffer.of(0, 0)],
    [OptionCode.userClass, "iPXE"],
    [
      OptionCode.ipxe,
      Buffer.from("eb0301151013010118010117010121010119010124010127010126010111010110", "hex"),
    ],
  ],
  uBoot: [
    [OptionCode.vendorClass, "U-Boot.armv8"],
    [OptionCode.clientArch, Buffer.of(0, 0x0b)],
  ],
  system: [[OptionCode.parameterList, Buffer.of(1, 3, 6, 15)]],
} as const satisfies Record<string, Options>;
