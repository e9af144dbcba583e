import { WireError } from "../errors.ts";
import type { Ipv6Address } from "../wire/ipv6.ts";
import { readIpv6 } from "../wire/ipv6.ts";
import { ByteReader } from "../wire/reader.ts";
import { checkDuid } from "./duid.ts";
import { type Dhcp6Client, identifyDhcp6 } from "./identify.ts";
import { findOption, OptionCode6, parseOptions6 } from "./options.ts";
import { type Dhcp6Packet, MessageType6 } from "./packet.ts";

/** The messages of clients, by the words of RFC 8415. */
export type RequestType =
  | "solicit"
  | "request"
  | "confirm"
  | "renew"
  | "rebind"
  | "release"
  | "decline"
  | "information-request";

/** An identity association: an address wanted for something, and the addresses the client names. */
export type Association = {
  readonly kind: "address" | "temporary" | "prefix";
  readonly id: number;
  readonly addresses: readonly Ipv6Address[];
};

/** A client's message with its options read: what decisions look at. */
export type Dhcp6Request = {
  readonly packet: Dhcp6Packet;
  readonly type: RequestType;
  readonly client: Dhcp6Client;
  readonly clientId?: Uint8Array;
  readonly serverId?: Uint8Array;
  /** Who holds an address: the MAC where it is known, else the identifier in hex. */
  readonly key: string;
  readonly associations: readonly Association[];
  readonly rapidCommit: boolean;
  /** Option numbers that the client wants (option 6). */
  readonly wanted: ReadonlySet<number>;
};

export type Request6Result =
  | { readonly kind: "request"; readonly request: Dhcp6Request }
  | { readonly kind: "ignore"; readonly reason: "not-for-servers" };

const Types: ReadonlyMap<number, RequestType> = new Map([
  [MessageType6.solicit, "solicit"],
  [MessageType6.request, "request"],
  [MessageType6.confirm, "confirm"],
  [MessageType6.renew, "renew"],
  [MessageType6.rebind, "rebind"],
  [MessageType6.release, "release"],
  [MessageType6.decline, "decline"],
  [MessageType6.informationRequest, "information-request"],
]);

const AssociationKinds: ReadonlyMap<number, Association["kind"]> = new Map([
  [OptionCode6.iaNa, "address"],
  [OptionCode6.iaTa, "temporary"],
  [OptionCode6.iaPd, "prefix"],
]);

/** Associations of one message that are answered. */
export const associationLimit = 8;

/** Types and names what a client sent; throws `WireError` for an option of a wrong form. */
export function readRequest6(packet: Dhcp6Packet, source: Ipv6Address): Request6Result {
  const { type: number, options } = packet.message;
  const type = Types.get(number);
  if (type === undefined) return { kind: "ignore", reason: "not-for-servers" };
  const client = identifyDhcp6(packet, source);
  const clientId = optionalDuid(packet, OptionCode6.clientId);
  const serverId = optionalDuid(packet, OptionCode6.serverId);
  const wanted = Buffer.from(findOption(options, OptionCode6.optionRequest) ?? []);
  const request: Dhcp6Request = {
    packet,
    type,
    client,
    key: client.mac ?? Buffer.from(clientId ?? []).toString("hex"),
    associations: options.flatMap(({ code, value }) => readAssociation(code, value)),
    rapidCommit: findOption(options, OptionCode6.rapidCommit) !== undefined,
    wanted: new Set(
      Array.from({ length: wanted.length >>> 1 }, (_, n) => wanted.readUInt16BE(2 * n)),
    ),
    ...(clientId && { clientId }),
    ...(serverId && { serverId }),
  };
  if (request.associations.length > associationLimit) {
    throw new WireError("wire.too-long", `at most ${associationLimit} associations are read`, {
      field: "associations",
      want: associationLimit,
      got: request.associations.length,
    });
  }
  return { kind: "request", request };
}

//  IA_NA, IA_PD  id u32 │ T1 u32 │ T2 u32 │ options
//  IA_TA         id u32 │ options
//  IAADDR        address 16 │ preferred u32 │ valid u32 │ options
function readAssociation(code: number, value: Uint8Array): readonly Association[] {
  const kind = AssociationKinds.get(code);
  if (kind === undefined) return [];
  const reader = new ByteReader(value);
  const id = reader.u32(`option ${code} id`);
  if (kind !== "temporary") reader.take(8, `option ${code} times`);
  const inner = parseOptions6(reader.rest());
  const addresses = inner.flatMap((option) => {
    if (option.code !== OptionCode6.iaAddress) return [];
    const address = new ByteReader(option.value);
    const found = readIpv6(address, "option 5");
    address.take(8, "option 5 lifetimes");
    return [found];
  });
  return [{ kind, id, addresses }];
}

function optionalDuid(packet: Dhcp6Packet, code: number): Uint8Array | undefined {
  const value = findOption(packet.message.options, code);
  return value && checkDuid(value, `option ${code}`);
}
