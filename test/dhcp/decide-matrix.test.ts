/** Every message in every state of its client, each row with the sentence of the RFC that it holds. */
import { describe, expect, it } from "vitest";
import type { MessageParts } from "../support/dhcp-message.ts";
import { far, ip, noon, scope } from "../support/dhcp-site.ts";
import {
  decide,
  lease,
  other,
  rebooting,
  renewing,
  selecting,
  us,
  type World,
  words,
} from "../support/dhcp-world.ts";

const relay = "10.88.0.1";
const scopes = [scope, far];
const at = "10.77.0.120";
const bound: World = { leases: [lease({ at })] };
const others: World = { leases: [other(at)] };
const quiet = { settings: { authoritative: false } };
const relayed = (parts: MessageParts): MessageParts => ({ giaddr: relay, ...parts });
const behind = (world: World = {}): World => ({
  ...world,
  settings: { scopes, ...world.settings },
});

type Row = { rfc: string; send: MessageParts; world?: World; want: string };

const Selecting: readonly Row[] = [
  {
    rfc: "§3.1 3: the server chosen commits the lease",
    send: selecting(at),
    world: { offers: [{ at }] },
    want: "ack offer-accepted",
  },
  {
    rfc: "§3.1 3: the servers not chosen take it as a refusal",
    send: { type: "request", serverId: "10.77.0.2", requested: at },
    world: { offers: [{ at }] },
    want: "record other-server-chosen",
  },
  {
    rfc: "§3.1 4: a server that cannot satisfy the REQUEST says NAK",
    send: selecting(at),
    world: others,
    want: "nak taken",
  },
  {
    rfc: "§4.3.2: with the server identifier the answer is ours even where we are not authoritative",
    send: selecting(at),
    world: { ...others, ...quiet },
    want: "nak taken",
  },
  {
    rfc: "§4.3.2: a client that lists ciaddr with 54 is still selecting",
    send: { ...selecting(at), ciaddr: at },
    world: bound,
    want: "ack lease-known",
  },
];

const InitReboot: readonly Row[] = [
  {
    rfc: "§4.3.2: known and right is acknowledged",
    send: rebooting(at),
    world: bound,
    want: "ack lease-known",
  },
  {
    rfc: "§4.3.2: known and wrong gets a NAK",
    send: rebooting("10.77.0.121"),
    world: bound,
    want: "nak lease-elsewhere",
  },
  {
    rfc: "§4.3.2: on the wrong net it gets a NAK",
    send: rebooting("192.168.1.5"),
    want: "nak wrong-subnet",
  },
  {
    rfc: "§4.3.2: on the wrong net by its relay's giaddr, too",
    send: relayed(rebooting(at)),
    world: behind(),
    want: "nak wrong-subnet",
  },
  {
    rfc: "§4.3.2: without a record of the client the server stays silent",
    send: rebooting(at),
    world: quiet,
    want: "ignore unknown-lease",
  },
  {
    rfc: "the link's only server believes a client whose address is free",
    send: rebooting(at),
    want: "ack lease-rebuilt",
  },
  {
    rfc: "and not one whose address is another's",
    send: rebooting(at),
    world: others,
    want: "nak taken",
  },
  { rfc: "nor one outside the pools", send: rebooting("10.77.0.50"), want: "nak outside-pool" },
];

const Renewing: readonly Row[] = [
  { rfc: "§4.3.2 RENEWING: extended", send: renewing(at), world: bound, want: "ack lease-renewed" },
  {
    rfc: "§4.4.5: an expired lease that nobody has by now is extended",
    send: renewing(at),
    world: { leases: [lease({ at, expires: noon - 1 })] },
    want: "ack lease-renewed",
  },
  {
    rfc: "a server that lost its tables rebuilds them",
    send: renewing(at),
    want: "ack lease-rebuilt",
  },
  {
    rfc: "unless it is not authoritative",
    send: renewing(at),
    world: quiet,
    want: "ignore unknown-lease",
  },
  {
    rfc: "unless the subnet is not",
    send: renewing(at),
    world: { settings: { scopes: [{ ...scope, authoritative: false }] } },
    want: "ignore unknown-lease",
  },
  {
    rfc: "§4.3.2 REBINDING through a relay",
    send: relayed(renewing("10.88.0.120")),
    world: behind(),
    want: "ack lease-rebuilt",
  },
  {
    rfc: "§4.3.2 RENEWING of a relayed client comes unicast, past its relay",
    send: renewing("10.88.0.120"),
    world: behind({ leases: [lease({ at: "10.88.0.120", relayed: true })] }),
    want: "ack lease-renewed",
  },
  {
    rfc: "of one that was forgotten nothing is sure: it will rebind through its relay",
    send: renewing("10.88.0.120"),
    world: behind(),
    want: "ignore unknown-lease",
  },
  {
    rfc: "of another's lease behind a relay",
    send: renewing("10.88.0.120"),
    world: behind({ leases: [other("10.88.0.120", { relayed: true })] }),
    want: "nak wrong-subnet",
  },
  {
    rfc: "§4.3.2 REBINDING on a net that we do not serve",
    send: renewing("192.168.1.5"),
    want: "nak wrong-subnet",
  },
];

const Rest: readonly Row[] = [
  { rfc: "§4.3.1: an OFFER", send: {}, want: "offer pool" },
  {
    rfc: "§4.3.1: the client's current address first",
    send: { requested: "10.77.0.130" },
    world: bound,
    want: "offer lease",
  },
  {
    rfc: "§4.3.1: then its former one, after a RELEASE too",
    send: {},
    world: { leases: [lease({ at, state: "released", expires: noon })] },
    want: "offer lease",
  },
  {
    rfc: "§4.3.1: then the one it asks for",
    send: { requested: "10.77.0.130" },
    want: "offer requested",
  },
  {
    rfc: "§4.3.3: a DECLINE marks the address",
    send: { type: "decline", serverId: us, requested: at },
    world: bound,
    want: "record declined",
  },
  {
    rfc: "a DECLINE of what is not its own changes nothing",
    send: { type: "decline", serverId: us, requested: at },
    world: others,
    want: "ignore not-the-holder",
  },
  {
    rfc: "a DECLINE of an ended lease changes nothing",
    send: { type: "decline", serverId: us, requested: at },
    world: { leases: [lease({ at, expires: noon - 1 })] },
    want: "ignore not-the-holder",
  },
  {
    rfc: "a DECLINE without option 50 says nothing",
    send: { type: "decline", serverId: us },
    world: bound,
    want: "ignore no-address",
  },
  {
    rfc: "§4.3.4: a RELEASE frees the address",
    send: { type: "release", serverId: us, ciaddr: at },
    world: bound,
    want: "record released",
  },
  {
    rfc: "a RELEASE by another frees nothing",
    send: { type: "release", serverId: us, ciaddr: at },
    world: others,
    want: "ignore not-the-holder",
  },
  {
    rfc: "a relayed client's RELEASE comes past its relay",
    send: { type: "release", serverId: us, ciaddr: "10.88.0.120" },
    world: behind({ leases: [lease({ at: "10.88.0.120", relayed: true })] }),
    want: "record released",
  },
  {
    rfc: "§4.3.5: an INFORM is answered without a lease",
    send: { type: "inform", ciaddr: "10.77.0.50" },
    want: "ack informed",
  },
  {
    rfc: "§4.3.5: from a subnet behind a relay too",
    send: { type: "inform", ciaddr: "10.88.0.50" },
    world: behind(),
    want: "ack informed",
  },
  {
    rfc: "§4.1: 54 may be any address of ours",
    send: { type: "release", serverId: "10.66.0.1", ciaddr: at },
    world: { ...bound, settings: { ownAddresses: new Set([ip("10.66.0.1")]) } },
    want: "record released",
  },
  {
    rfc: "a giaddr of ours on any link is forged",
    send: { giaddr: "10.66.0.1" },
    world: { settings: { ownAddresses: new Set([ip("10.66.0.1")]) } },
    want: "ignore relay-loop",
  },
  {
    rfc: "servers' messages are not for servers",
    send: { type: "ack" },
    want: "ignore not-for-servers",
  },
  { rfc: "and another's NAK is not", send: { type: "nak" }, want: "ignore not-for-servers" },
];

describe.each([
  { state: "SELECTING", rows: Selecting },
  { state: "INIT-REBOOT", rows: InitReboot },
  { state: "RENEWING and REBINDING", rows: Renewing },
  { state: "any other", rows: Rest },
])("RFC 2131, a client in state $state", ({ rows }) => {
  it.each(rows)("$rfc: $want", ({ send, world, want }) => {
    expect(words(decide(send, world))).toBe(want);
  });
});
