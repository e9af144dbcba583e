import { assertNever, WireError } from "../errors.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import { ByteReader } from "../wire/reader.ts";
import { MessageType, OptionCode, readSubOptions } from "./options.ts";
import { type DhcpMessage, defaultMaxBytes, OpCode } from "./packet.ts";
import { type DhcpClient, identifyDhcp } from "./pxe.ts";
import type { ClientIdentity } from "./settings.ts";

/** Who holds an address: the MAC, or hardware type and address in hex for what is not Ethernet. */
export type BindingKey = string & { readonly __brand: "BindingKey" };

/** A client's message with its options read: what decisions look at. */
export type DhcpRequest = {
  readonly message: DhcpMessage;
  readonly type: MessageType;
  readonly key: BindingKey;
  readonly client: DhcpClient;
  /** No option 53: a client of RFC 951. `type` then means nothing. */
  readonly bootp?: true;
  /** Option 61 in hexadecimal digits. */
  readonly clientId?: string;
  /** What option 82 says of the port that the client hangs on, or said when its lease was made. */
  readonly relay?: RelayPort;
  readonly requested?: Ipv4Address;
  readonly serverId?: Ipv4Address;
  /** Option 55, in the client's order. */
  readonly wanted: readonly number[];
  /** The longest message the client takes, without IP and UDP headers. */
  readonly maxBytes: number;
  /** Where a relay says the client is: RFC 3527 before RFC 3011. */
  readonly linkSelection?: Ipv4Address;
  /** The server address a relay wants in option 54 (RFC 5107). */
  readonly serverOverride?: Ipv4Address;
  /** Option 43.71 of a PXE boot server request: type and layer, both 16 bits. */
  readonly bootItem?: { readonly type: number; readonly layer: number };
};

/** Option 82.1 and 82.2 (RFC 3046 §3) in hexadecimal digits. */
type RelayPort = { readonly circuitId?: string; readonly remoteId?: string };

export type RequestResult =
  | { readonly kind: "request"; readonly request: DhcpRequest }
  | { readonly kind: "ignore"; readonly reason: UnreadReason };

/** Why a sound packet is not a client's DHCP message. */
export type UnreadReason = "not-a-request" | "not-ethernet" | "unsupported-type";

/**
 * Beyond an Ethernet frame a reply would be cut into fragments, which firmware does not put
 * together.
 */
const maxReplyBytes = 1472;

const ethernet = 1;
const relaySubOption = { circuitId: 1, remoteId: 2, linkSelection: 5, serverOverride: 11 } as const;
/** What one option holds without RFC 3396; an identifier that is longer is no identifier. */
const maxIdBytes = 255;
const bootItemSubOption = 71;

/** Types and names what a client sent; throws `WireError` for an option of a wrong length. */
export function readRequest(message: DhcpMessage): RequestResult {
  const refused = refusal(message);
  if (refused !== undefined) return { kind: "ignore", reason: refused };
  const bootp = !message.options.has(OptionCode.messageType);
  const type = bootp ? MessageType.discover : messageType(message);
  if (type === undefined) return { kind: "ignore", reason: "unsupported-type" };
  const agent = message.options.get(OptionCode.relayAgent);
  const relay = readSubOptions(agent ?? new Uint8Array());
  const clientId = idOf(message.options.get(OptionCode.clientId));
  const requested = optionalAddress(message, OptionCode.requestedAddress);
  const serverId = optionalAddress(message, OptionCode.serverId);
  const linkSelection =
    subAddress(relay.get(relaySubOption.linkSelection)) ??
    optionalAddress(message, OptionCode.subnetSelection);
  const serverOverride = subAddress(relay.get(relaySubOption.serverOverride));
  const bootItem = bootItemOf(message);
  const request: DhcpRequest = {
    message,
    type,
    key: keyOf(message),
    client: identifyDhcp(message),
    wanted: [...(message.options.get(OptionCode.parameterList) ?? [])],
    maxBytes: maxBytesOf(message),
    ...(requested && { requested }), // 0.0.0.0 asks for nothing, and clients send it
    ...(serverId !== undefined && { serverId }),
    ...(linkSelection !== undefined && { linkSelection }),
    ...(serverOverride !== undefined && { serverOverride }),
    ...(bootItem && { bootItem }),
    ...(bootp && { bootp }),
    ...(clientId !== undefined && { clientId }),
    ...(agent && { relay: readRelayPort(agent) }),
  };
  return { kind: "request", request };
}

function refusal(message: DhcpMessage): UnreadReason | undefined {
  if (message.op !== OpCode.request) return "not-a-request";
  const length = message.hlen;
  return message.htype !== ethernet || (length !== 6 && length !== 16) ? "not-ethernet" : undefined;
}

/** The port in an option 82, which is the relay's and of any content. */
export function readRelayPort(agent: Uint8Array): RelayPort {
  const sub = readSubOptions(agent);
  const circuitId = idOf(sub.get(relaySubOption.circuitId));
  const remoteId = idOf(sub.get(relaySubOption.remoteId));
  return {
    ...(circuitId !== undefined && { circuitId }),
    ...(remoteId !== undefined && { remoteId }),
  };
}

function idOf(value: Uint8Array | undefined): string | undefined {
  if (value === undefined || value.length === 0 || value.length > maxIdBytes) return undefined;
  return Buffer.from(value).toString("hex");
}

function messageType(message: DhcpMessage): MessageType | undefined {
  const reader = fixedOption(message, OptionCode.messageType, 1);
  const number = reader?.u8("option 53");
  return Object.values(MessageType).find((type) => type === number);
}

// RFC 2131 §4.2 would take the client identifier; firmware, iPXE and the system it boots send three
// different ones, and one machine would hold three addresses. The hardware address stays the same.
function keyOf(message: DhcpMessage): BindingKey {
  const { htype, hlen } = message;
  const hex = Buffer.from(message.chaddr.subarray(0, hlen)).toString("hex");
  // proven: every value of this brand is made here, or was and comes from the lease file
  if (hlen === 6) return (hex.match(/../g) ?? []).join(":") as BindingKey;
  return `${htype}/${hex}` as BindingKey; // proven as above
}

/** The key of a machine that is known by its address alone. */
export function keyOfMac(mac: MacAddress): BindingKey {
  return mac as string as BindingKey; // proven: the text of six octets is what `keyOf` makes
}

/**
 * The key of a client where a subnet knows machines by something else. One that does not send it is
 * known by its MAC.
 */
export function bindingKey(request: DhcpRequest, identity: ClientIdentity = "mac"): BindingKey {
  const { uuid } = request.client.identity;
  switch (identity) {
    case "mac":
      return request.key;
    case "client-id": // proven: this function and `keyOf` make every value of this brand
      return request.clientId === undefined
        ? request.key
        : (`id/${request.clientId}` as BindingKey);
    case "uuid":
      return uuid === undefined ? request.key : (`uuid/${uuid}` as BindingKey); // proven as above
    default:
      return assertNever(identity);
  }
}

function maxBytesOf(message: DhcpMessage): number {
  const size = fixedOption(message, OptionCode.maxMessageSize, 2)?.u16("option 57") ?? 0;
  // The option counts the whole datagram; less than 576 is not lawful (RFC 2132 §9.10).
  return Math.min(maxReplyBytes, Math.max(defaultMaxBytes, size - 28));
}

function bootItemOf(message: DhcpMessage): DhcpRequest["bootItem"] {
  const vendor = message.options.get(OptionCode.vendorSpecific);
  const item = vendor && readSubOptions(vendor).get(bootItemSubOption);
  if (item?.length !== 4) return undefined;
  const reader = new ByteReader(item);
  return { type: reader.u16("boot item type"), layer: reader.u16("boot item layer") };
}

function optionalAddress(message: DhcpMessage, code: number): Ipv4Address | undefined {
  // proven: an IPv4 address is any 32-bit number
  return fixedOption(message, code, 4)?.u32(`option ${code}`) as Ipv4Address | undefined;
}

function subAddress(value: Uint8Array | undefined): Ipv4Address | undefined {
  if (value?.length !== 4) return undefined;
  return new ByteReader(value).u32("relay sub-option") as Ipv4Address; // proven: 32 bits
}

function fixedOption(message: DhcpMessage, code: number, length: number): ByteReader | undefined {
  const value = message.options.get(code);
  if (value === undefined || value.length === length) return value && new ByteReader(value);
  const field = `option ${code}`;
  throw new WireError("wire.invalid", `${field} wants ${length} bytes, got ${value.length}`, {
    field,
    want: length,
    got: value.length,
  });
}
