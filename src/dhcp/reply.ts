import type { DhcpMessageName } from "../boot/event.ts";
import { anyAddress, type Ipv4Address, limitedBroadcast } from "../wire/ipv4.ts";
import type { BootFields, OptionEntry } from "./boot-fields.ts";
import { MessageType, OptionCode } from "./options.ts";
import { broadcastFlag, type DhcpMessage, OpCode } from "./packet.ts";
import type { DhcpRequest } from "./request.ts";
import type { DhcpSite } from "./settings.ts";

/** Where a reply goes: the role of a port, as tests run on other numbers. */
export type Destination = {
  readonly address: Ipv4Address;
  readonly port: "client" | "server" | "same-as-sender";
};

/** A message to send, where to, and in how many bytes. */
export type DhcpReply = {
  readonly message: DhcpMessage;
  readonly to: Destination;
  readonly maxBytes: number;
};

/** What a reply says beyond what every reply repeats of its request. */
export type ReplyParts = {
  readonly type: MessageType;
  readonly yiaddr?: Ipv4Address;
  readonly boot?: BootFields | undefined;
  /** After 53 and 54, before the boot options. */
  readonly options?: readonly OptionEntry[];
  /** Set the broadcast flag, which a relay sends on by; otherwise it stays as it came. */
  readonly broadcast?: boolean;
};

/** Header by RFC 2131 table 3; options 53, 54, the parts' own, the boot fields', and 82 as it came. */
export function formReply(request: DhcpRequest, site: DhcpSite, parts: ReplyParts): DhcpMessage {
  const { message } = request;
  const relayAgent = message.options.get(OptionCode.relayAgent);
  const entries: OptionEntry[] = [
    [OptionCode.messageType, Buffer.of(parts.type)],
    [OptionCode.serverId, addressBytes(request.serverOverride ?? site.server)],
    ...(parts.options ?? []),
    ...(parts.boot?.options ?? []),
  ];
  if (relayAgent) entries.push([OptionCode.relayAgent, relayAgent]);
  return {
    op: OpCode.reply,
    htype: message.htype,
    hlen: message.hlen,
    hops: 0,
    xid: message.xid,
    secs: 0,
    flags: parts.broadcast === true ? message.flags | broadcastFlag : message.flags,
    ciaddr: parts.type === MessageType.ack ? message.ciaddr : anyAddress,
    yiaddr: parts.yiaddr ?? anyAddress,
    siaddr: parts.boot?.siaddr ?? anyAddress,
    giaddr: message.giaddr,
    chaddr: message.chaddr,
    sname: parts.boot?.sname ?? "",
    file: parts.boot?.file ?? "",
    options: new Map(entries),
  };
}

/**
 * RFC 2131 §4.1, less the unicast to an address that the client cannot hear ARP for yet: that takes a
 * raw socket, and broadcast reaches every firmware tried.
 */
export function destinationOf(reply: DhcpMessage): Destination {
  if (reply.giaddr !== 0) return { address: reply.giaddr, port: "server" };
  if (reply.ciaddr !== 0) return { address: reply.ciaddr, port: "client" };
  return { address: limitedBroadcast, port: "client" };
}

/** Four bytes for each address, as options hold them. */
export function addressBytes(...addresses: readonly Ipv4Address[]): Uint8Array {
  const bytes = Buffer.alloc(4 * addresses.length);
  for (const [index, address] of addresses.entries()) bytes.writeUInt32BE(address, 4 * index);
  return bytes;
}

const Names: ReadonlyMap<number, DhcpMessageName> = new Map(
  // proven: the keys of MessageType are all words of DhcpMessageName, and a test walks them
  Object.entries(MessageType).map(([name, type]) => [type, name as DhcpMessageName]),
);

/** The word of a message type, for events and the log. */
export function nameOfType(type: number | undefined): DhcpMessageName {
  return Names.get(type ?? 0) ?? "other";
}
