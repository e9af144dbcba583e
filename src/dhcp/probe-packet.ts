import { anyAddress, type Ipv4Address } from "../wire/ipv4.ts";
import { type MacAddress, macToBytes } from "../wire/mac.ts";
import { MessageType, OptionCode } from "./options.ts";
import { broadcastFlag, type DhcpMessage, OpCode } from "./packet.ts";
import { addressBytes } from "./reply.ts";

/**
 * Who asks. `watch` is a daemon that will serve the link if nobody else does, `look` a person who
 * only wants to know: the one is another Kindling's rival, the other is nobody's.
 */
export type ProbeKind = "watch" | "look";

/** A probe that was heard: whose it is, and by what it is told from every other message. */
export type HeardProbe = {
  readonly kind: ProbeKind;
  readonly from: Ipv4Address;
  readonly xid: number;
};

export type ProbeParts = {
  readonly kind: ProbeKind;
  /** As firmware asks, or as a system does: servers answer them differently. */
  readonly as: "firmware" | "system";
  readonly xid: number;
  readonly mac: MacAddress;
  /** This host's address on the link. */
  readonly sender: Ipv4Address;
};

// Option 61 of type 0 (RFC 2132 §9.14: not a hardware address), then the sender's address.
const Marks: Readonly<Record<ProbeKind, string>> = {
  watch: "\0kindling watch ",
  look: "\0kindling look ",
};

// What RFC 2132 and PXE 2.1 clients ask for; servers leave out what nobody wanted.
const wanted = Buffer.of(1, 3, 6, 12, 15, 28, 43, 51, 54, 60, 66, 67, 97);

// x64 UEFI as OVMF says it: option 60, 93 (RFC 4578 §2.1), 94 (§2.2), 97 (§2.3) with a UUID of zeroes.
const networkInterface = 94;
const firmware: readonly (readonly [number, Uint8Array])[] = [
  [OptionCode.vendorClass, Buffer.from("PXEClient:Arch:00007:UNDI:003016")],
  [OptionCode.clientArch, Buffer.of(0, 7)],
  [networkInterface, Buffer.of(1, 3, 16)],
  [OptionCode.clientUuid, Buffer.alloc(17)],
];

/** A DISCOVER that asks who is there. No REQUEST ever follows it, so it takes no lease. */
export function formProbe({ kind, as, xid, mac, sender }: ProbeParts): DhcpMessage {
  const mark = Buffer.concat([Buffer.from(Marks[kind], "latin1"), addressBytes(sender)]);
  const options = new Map<number, Uint8Array>([
    [OptionCode.messageType, Buffer.of(MessageType.discover)],
    [OptionCode.parameterList, wanted],
    [OptionCode.clientId, mark],
    ...(as === "firmware" ? firmware : []),
  ]);
  return { ...emptyRequest(xid, mac), flags: broadcastFlag, options };
}

/**
 * What EDK2 asks a boot server on port 4011: a REQUEST without options 50 and 54. Nobody gives
 * addresses on that port; INFORM, which says so, has no answer from dnsmasq 2.90.
 */
export function formBootServerAsk({
  xid,
  mac,
  sender,
}: Omit<ProbeParts, "kind" | "as">): DhcpMessage {
  const options = new Map<number, Uint8Array>([
    [OptionCode.messageType, Buffer.of(MessageType.request)],
    [OptionCode.parameterList, wanted],
    ...firmware,
  ]);
  return { ...emptyRequest(xid, mac), ciaddr: sender, options };
}

/** Undoes `formProbe`: undefined for every other message. */
export function readProbe({ options, xid }: DhcpMessage): HeardProbe | undefined {
  const id = options.get(OptionCode.clientId);
  if (id === undefined || id.length < 5) return undefined;
  const text = Buffer.from(id.subarray(0, -4)).toString("latin1");
  const from = Buffer.from(id.subarray(-4)).readUInt32BE() as Ipv4Address; // proven: 32 bits
  if (text === Marks.watch) return { kind: "watch", from, xid };
  return text === Marks.look ? { kind: "look", from, xid } : undefined;
}

/** A MAC that no card has: locally administered, unicast, of five random bytes. */
export function probeMac(random: Uint8Array): MacAddress {
  const hex = Buffer.from(random.subarray(0, 5)).toString("hex").padEnd(10, "0");
  // proven: "02" and ten hex digits in pairs
  return (`02${hex}`.match(/../g) ?? []).join(":") as MacAddress;
}

function emptyRequest(xid: number, mac: MacAddress): DhcpMessage {
  return {
    ...{ op: OpCode.request, htype: 1, hlen: 6, hops: 0, xid, secs: 0, flags: 0 },
    ...{ ciaddr: anyAddress, yiaddr: anyAddress, siaddr: anyAddress, giaddr: anyAddress },
    chaddr: Buffer.concat([macToBytes(mac), Buffer.alloc(10)]),
    ...{ sname: "", file: "", options: new Map() },
  };
}
