import { assertNever } from "../errors.ts";
import { type Ipv6Address, prefixContains } from "../wire/ipv6.ts";
import { addressFor, longestPrefix } from "./address.ts";
import { type Option6, OptionCode6, StatusCode } from "./options.ts";
import { type Dhcp6Message, MessageType6 } from "./packet.ts";
import { commonOptions, grantOption, refuseOption, statusOption } from "./reply.ts";
import type { Association, Dhcp6Request } from "./request.ts";
import type { Dhcp6Settings, Dhcp6Site } from "./settings.ts";

/** What to do about one message. */
export type Dhcp6Decision =
  | {
      readonly kind: "reply";
      readonly reason: ReplyReason;
      readonly message: Dhcp6Message;
      /** What the client may use from now on. */
      readonly granted?: Ipv6Address;
      /** The client said that its address is in use: from now on it gets the next one. */
      readonly declined?: boolean;
    }
  | { readonly kind: "ignore"; readonly reason: IgnoreReason };

type ReplyReason =
  | "offered"
  | "rapid-commit"
  | "granted"
  | "renewed"
  | "on-link"
  | "not-on-link"
  | "released"
  | "declined"
  | "informed";
type IgnoreReason =
  | "machine-disabled"
  | "unknown-link"
  | "stateless"
  | "no-client-id"
  | "no-server-id"
  | "server-id"
  | "other-server"
  | "association"
  | "no-address";

export type Dhcp6Context = {
  readonly site: Dhcp6Site;
  readonly settings: Dhcp6Settings;
  readonly serverId: Uint8Array;
  /** How often this client declined an address. */
  readonly declines: number;
};

/** RFC 8415 §18.3. Never throws for what a client sent. */
export function decideDhcp6(request: Dhcp6Request, context: Dhcp6Context): Dhcp6Decision {
  const refused = screen(request, context) ?? checkIds(request, context.serverId);
  if (refused !== undefined) return { kind: "ignore", reason: refused };
  const { type } = request;
  if (type === "information-request") return decideInformation(request, context);
  if (context.site.mode === "stateless") return { kind: "ignore", reason: "stateless" };
  switch (type) {
    case "solicit": {
      const rapid = request.rapidCommit;
      const extra = rapid
        ? { code: OptionCode6.rapidCommit, value: new Uint8Array() }
        : { code: OptionCode6.preference, value: Buffer.of(firstChoice) };
      const options = [extra, ...grants(request, context)];
      return reply(request, context, { reason: rapid ? "rapid-commit" : "offered", options });
    }
    case "request":
      return reply(request, context, { reason: "granted", options: grants(request, context) });
    case "renew":
    case "rebind":
      return reply(request, context, { reason: "renewed", options: grants(request, context) });
    case "confirm":
      return decideConfirm(request, context);
    case "release":
      return reply(request, context, {
        reason: "released",
        options: [statusOption(StatusCode.success)],
      });
    case "decline": {
      const decision = reply(request, context, {
        reason: "declined",
        options: [statusOption(StatusCode.success)],
      });
      return { ...decision, declined: true };
    }
    default:
      return assertNever(type);
  }
}

// Option 7 of 255: the client takes this answer without waiting a second for others (§18.2.1).
const firstChoice = 255;

function screen(request: Dhcp6Request, { site, settings }: Dhcp6Context): IgnoreReason | undefined {
  const { mac, stage } = request.client;
  const netboot = stage.kind !== "operating-system";
  if (netboot && mac !== undefined && settings.disabled.has(mac)) return "machine-disabled";
  // §13.1: the link of the first relay that names one; only our own is served.
  const link = request.packet.relays.findLast((relay) => relay.link !== "::")?.link;
  return link !== undefined && !prefixContains(site.prefix, link) ? "unknown-link" : undefined;
}

// §16: which identifiers a message must have, may have and may not have.
const ServerIds = {
  solicit: "none",
  confirm: "none",
  rebind: "none",
  request: "ours",
  renew: "ours",
  release: "ours",
  decline: "ours",
  "information-request": "may",
} as const;

function checkIds(request: Dhcp6Request, ours: Uint8Array): IgnoreReason | undefined {
  const { type, clientId, serverId, associations } = request;
  const rule = ServerIds[type];
  if (clientId === undefined && rule !== "may") return "no-client-id";
  if (rule === "may" && associations.length > 0) return "association";
  if (serverId === undefined) return rule === "ours" ? "no-server-id" : undefined;
  if (rule === "none") return "server-id";
  return Buffer.compare(serverId, ours) === 0 ? undefined : "other-server";
}

function decideInformation(request: Dhcp6Request, context: Dhcp6Context): Dhcp6Decision {
  return reply(request, context, { reason: "informed", options: [] });
}

// §18.3.3: is the client still on the link it was on? Whether the address is its own is not asked.
function decideConfirm(request: Dhcp6Request, context: Dhcp6Context): Dhcp6Decision {
  const addresses = request.associations.flatMap((one) => one.addresses);
  if (addresses.length === 0) return { kind: "ignore", reason: "no-address" };
  const here = addresses.every((address) => prefixContains(context.site.prefix, address));
  return here
    ? reply(request, context, { reason: "on-link", options: [statusOption(StatusCode.success)] })
    : reply(request, context, {
        reason: "not-on-link",
        options: [statusOption(StatusCode.notOnLink)],
      });
}

function grants(request: Dhcp6Request, context: Dhcp6Context): readonly Option6[] {
  return request.associations.map((association) => grant(association, { request, context }));
}

function grant(association: Association, { request, context }: Grant): Option6 {
  const { kind } = association;
  if (kind === "prefix") return refuseOption(association, StatusCode.noPrefixAvail);
  const address = addressOf(association, { request, context });
  if (address === undefined) return refuseOption(association, StatusCode.noAddrsAvail);
  const { leaseSeconds, bootLeaseSeconds } = context.settings;
  const isSystem = request.client.stage.kind === "operating-system";
  return grantOption(association, { address, seconds: isSystem ? leaseSeconds : bootLeaseSeconds });
}

type Grant = { readonly request: Dhcp6Request; readonly context: Dhcp6Context };

function addressOf(association: Association, { request, context }: Grant): Ipv6Address | undefined {
  const { site, declines } = context;
  if (association.kind !== "address" || site.prefix.length > longestPrefix) return undefined;
  // edk2's own address and the one of its PXE are two associations at the same time: were they one
  // address, PXE would wait 16 s for the other to go away.
  const key = `${request.key} ${association.id}`;
  return addressFor(site.prefix, { key, declines }, site.server);
}

/** Answers after which the client uses what it was given. */
const Conferring: readonly ReplyReason[] = ["rapid-commit", "granted", "renewed"];
/** Answers that say whether, and nothing else. */
const Bare: readonly ReplyReason[] = ["on-link", "not-on-link", "released", "declined"];

function reply(
  request: Dhcp6Request,
  context: Dhcp6Context,
  { reason, options }: { readonly reason: ReplyReason; readonly options: readonly Option6[] },
): Extract<Dhcp6Decision, { kind: "reply" }> {
  const { clientId, packet, associations } = request;
  const type = reason === "offered" ? MessageType6.advertise : MessageType6.reply;
  const ids: Option6[] = [{ code: OptionCode6.serverId, value: context.serverId }];
  if (clientId) ids.unshift({ code: OptionCode6.clientId, value: clientId });
  const common = Bare.includes(reason) ? [] : commonOptions(request, context);
  const first = Conferring.includes(reason) && associations.find(({ kind }) => kind === "address");
  const granted = first ? addressOf(first, { request, context }) : undefined;
  const { xid } = packet.message;
  return {
    kind: "reply",
    reason,
    message: { type, xid, options: [...ids, ...options, ...common] },
    ...(granted !== undefined && { granted }),
  };
}
