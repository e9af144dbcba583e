import { describe, expect, it } from "vitest";
import { type DhcpDecision, decideDhcp } from "../../src/dhcp/decide.ts";
import type { Lease } from "../../src/dhcp/lease.ts";
import { LeaseTable } from "../../src/dhcp/lease-table.ts";
import { MessageType, OptionCode } from "../../src/dhcp/options.ts";
import { nameOfType } from "../../src/dhcp/reply.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { parseUuid } from "../../src/wire/uuid.ts";
import {
  ClientOptions,
  clientMac,
  type MessageParts,
  octets,
  requestOf,
} from "../support/dhcp-message.ts";
import { contextOf, ip, noon, scope, settings } from "../support/dhcp-site.ts";

const otherMac = "52:54:00:77:00:99";
const hour = 3_600_000;

function lease(parts: Partial<Lease> & { at: string; of?: string }): Lease {
  const { at, of = clientMac, ...rest } = parts;
  const { key } = requestOf({ mac: of });
  const fresh = { state: "bound", expires: noon + hour, relayed: false } as const;
  return { ...fresh, mac: parseMac(of), ...rest, address: ip(at), key };
}

type World = {
  leases?: readonly Lease[];
  offers?: readonly { at: string; of?: string; since?: number; expires?: number }[];
  settings?: Partial<typeof settings>;
};

function decide(send: MessageParts, world: World = {}): DhcpDecision {
  const leases = new LeaseTable(world.leases);
  for (const { at, of = clientMac, since = noon, expires = noon + 60_000 } of world.offers ?? []) {
    const { key } = requestOf({ mac: of });
    leases.apply([{ kind: "offer", offer: { address: ip(at), key, since, expires } }]);
  }
  return decideDhcp(requestOf(send), contextOf({ leases, settings: world.settings ?? {} }));
}

function replyOf(decision: DhcpDecision) {
  if (decision.kind !== "reply") throw new Error(`no reply: ${decision.reason}`);
  return decision.reply;
}

const option = (decision: DhcpDecision, code: number) => {
  const value = replyOf(decision).message.options.get(code);
  return value && Buffer.from(value);
};

/** "ack lease-known", "ignore other-server": what a row wants to see. */
function words(decision: DhcpDecision): string {
  if (decision.kind !== "reply") return `${decision.kind} ${decision.reason}`;
  const type = decision.reply.message.options.get(OptionCode.messageType)?.[0];
  return `${nameOfType(type)} ${decision.reason}`;
}

const us = "10.77.0.1";
const selecting = (requested: string): MessageParts => ({
  type: "request",
  serverId: us,
  requested,
});
const rebooting = (requested: string): MessageParts => ({ type: "request", requested });
const renewing = (ciaddr: string): MessageParts => ({ type: "request", ciaddr });
const other = (at: string, parts: Partial<Lease> = {}) => lease({ at, of: otherMac, ...parts });

describe("decideDhcp on REQUEST", () => {
  const rows: { name: string; send: MessageParts; world?: World; want: string }[] = [
    // §4.3.2 "DHCPREQUEST generated during SELECTING state"
    {
      name: "takes up its offer",
      send: selecting("10.77.0.120"),
      world: { offers: [{ at: "10.77.0.120" }] },
      want: "ack offer-accepted",
    },
    {
      name: "asks again for its lease",
      send: selecting("10.77.0.120"),
      world: { leases: [lease({ at: "10.77.0.120" })] },
      want: "ack lease-known",
    },
    {
      name: "takes an offer that a restart forgot",
      send: selecting("10.77.0.120"),
      want: "ack offer-forgotten",
    },
    {
      name: "takes a forgotten offer that another has by now",
      send: selecting("10.77.0.120"),
      world: { leases: [other("10.77.0.120")] },
      want: "nak taken",
    },
    {
      name: "takes a forgotten offer that another is offered",
      send: selecting("10.77.0.120"),
      world: { offers: [{ at: "10.77.0.120", of: otherMac }] },
      want: "nak taken",
    },
    {
      name: "wants an address of no pool",
      send: selecting("10.77.0.50"),
      want: "nak outside-pool",
    },
    { name: "wants our own address", send: selecting("10.77.0.1"), want: "nak outside-pool" },
    {
      name: "wants the broadcast address",
      send: selecting("10.77.0.255"),
      want: "nak outside-pool",
    },
    {
      name: "chose another server",
      send: { type: "request", serverId: "10.77.0.2", requested: "10.77.0.120" },
      want: "ignore other-server",
    },
    {
      name: "chose another server over our offer",
      send: { type: "request", serverId: "10.77.0.2", requested: "10.77.0.120" },
      world: { offers: [{ at: "10.77.0.120" }] },
      want: "record other-server-chosen",
    },
    {
      name: "names nothing, with an offer open",
      send: { type: "request" },
      world: { offers: [{ at: "10.77.0.120" }] },
      want: "ack offer-accepted",
    },
    { name: "names nothing at all", send: { type: "request" }, want: "ignore no-address" },
    // §4.3.2 "DHCPREQUEST generated during INIT-REBOOT state"
    {
      name: "reboots with its lease",
      send: rebooting("10.77.0.120"),
      world: { leases: [lease({ at: "10.77.0.120" })] },
      want: "ack lease-known",
    },
    {
      name: "reboots with its ended lease",
      send: rebooting("10.77.0.120"),
      world: { leases: [lease({ at: "10.77.0.120", expires: noon - 1 })] },
      want: "ack lease-known",
    },
    {
      name: "reboots, its lease being another",
      send: rebooting("10.77.0.121"),
      world: { leases: [lease({ at: "10.77.0.120" })] },
      want: "nak lease-elsewhere",
    },
    { name: "reboots on the wrong link", send: rebooting("192.168.1.5"), want: "nak wrong-subnet" },
    {
      name: "reboots unknown, address free",
      send: rebooting("10.77.0.120"),
      want: "ack lease-rebuilt",
    },
    {
      name: "reboots unknown, not authoritative",
      send: rebooting("10.77.0.120"),
      world: { settings: { authoritative: false } },
      want: "ignore unknown-lease",
    },
    {
      name: "reboots unknown, address another's",
      send: rebooting("10.77.0.120"),
      world: { leases: [other("10.77.0.120")] },
      want: "nak taken",
    },
    {
      name: "reboots unknown, another's, not authoritative",
      send: rebooting("10.77.0.120"),
      world: { leases: [other("10.77.0.120")], settings: { authoritative: false } },
      want: "ignore unknown-lease",
    },
    {
      name: "reboots on the wrong link, not authoritative",
      send: rebooting("192.168.1.5"),
      world: { settings: { authoritative: false } },
      want: "nak wrong-subnet",
    },
    {
      name: "reboots into an address that another left just now",
      send: rebooting("10.77.0.120"),
      world: { leases: [other("10.77.0.120", { expires: noon - 1 })] },
      want: "nak recently-used",
    },
    // §4.3.2 "during RENEWING state", "during REBINDING state"
    {
      name: "renews",
      send: renewing("10.77.0.120"),
      world: { leases: [lease({ at: "10.77.0.120" })] },
      want: "ack lease-renewed",
    },
    { name: "renews what we forgot", send: renewing("10.77.0.120"), want: "ack lease-rebuilt" },
    {
      name: "renews what is another's",
      send: renewing("10.77.0.120"),
      world: { leases: [other("10.77.0.120")] },
      want: "nak taken",
    },
    {
      name: "renews a declined address",
      send: renewing("10.77.0.120"),
      world: { leases: [lease({ at: "10.77.0.120", state: "declined" })] },
      want: "nak declined",
    },
    { name: "rebinds on the wrong link", send: renewing("192.168.1.5"), want: "nak wrong-subnet" },
  ];
  it.each(rows)("a client that $name: $want", ({ send, world, want }) => {
    expect(words(decide(send, world))).toBe(want);
  });

  it("extends to the full time, sends it to ciaddr and keeps it before it is sent", () => {
    const decision = decide(renewing("10.77.0.120"), { leases: [lease({ at: "10.77.0.120" })] });
    const expires = noon + settings.leaseSeconds * 1000;
    expect(decision).toMatchObject({ changes: [{ kind: "lease", lease: { expires } }] });
    expect(replyOf(decision).to).toEqual({ address: ip("10.77.0.120"), port: "client" });
  });

  it("broadcasts a NAK, with no address in it", () => {
    const { message, to } = replyOf(decide(renewing("192.168.1.5")));
    expect(to).toEqual({ address: ip("255.255.255.255"), port: "client" });
    expect([message.yiaddr, message.ciaddr, message.siaddr]).toEqual([0, 0, 0]);
    expect([...message.options.keys()]).toEqual([53, 54, 56]);
  });

  it("gives up a machine's other address in the subnet with the ACK of a new one", () => {
    const leases = [lease({ at: "10.77.0.120" })];
    const reservations = [{ address: ip("10.77.0.20"), mac: parseMac(clientMac) }];
    const decision = decide(selecting("10.77.0.20"), { leases, settings: { reservations } });
    expect(decision).toMatchObject({
      changes: [
        { kind: "lease", lease: { address: ip("10.77.0.120"), state: "released" } },
        { kind: "lease", lease: { address: ip("10.77.0.20"), state: "bound" } },
      ],
    });
  });
});

describe("decideDhcp on DISCOVER", () => {
  const addressFor = (send: MessageParts, world: World = {}) => {
    const decision = decide(send, world);
    return [decision.reason, replyOf(decision).message.yiaddr];
  };

  it("offers in memory only", () => {
    expect(decide({})).toMatchObject({ kind: "reply", changes: [{ kind: "offer" }] });
  });

  it("prefers reservation, own lease, requested address, in this order", () => {
    const reservations = [{ address: ip("10.77.0.20"), mac: parseMac(clientMac) }];
    const leases = [lease({ at: "10.77.0.120", expires: noon - hour })];
    const send = { requested: "10.77.0.130" };
    expect(addressFor(send, { leases, settings: { reservations } })).toEqual([
      "reservation",
      ip("10.77.0.20"),
    ]);
    expect(addressFor(send, { leases })).toEqual(["lease", ip("10.77.0.120")]);
    expect(addressFor(send)).toEqual(["requested", ip("10.77.0.130")]);
  });

  it("repeats an offer that is open", () => {
    expect(addressFor({}, { offers: [{ at: "10.77.0.140" }] })).toEqual([
      "pool",
      ip("10.77.0.140"),
    ]);
  });

  it("finds a reservation by UUID before MAC", () => {
    const uuid = parseUuid("33221100-5544-7766-8899-aabbccddeeff");
    const reservations = [
      { address: ip("10.77.0.20"), mac: parseMac(clientMac) },
      { address: ip("10.77.0.21"), uuid },
    ];
    const guid = Buffer.from("0000112233445566778899aabbccddeeff", "hex");
    const send = { options: [[OptionCode.clientUuid, guid] as const] };
    expect(addressFor(send, { settings: { reservations } })).toEqual([
      "reservation",
      ip("10.77.0.21"),
    ]);
  });

  it("ignores the client when every address is taken", () => {
    const pools = [{ first: ip("10.77.0.100"), last: ip("10.77.0.100") }];
    const world = { leases: [other("10.77.0.100")], settings: { scopes: [{ ...scope, pools }] } };
    expect(words(decide({}, world))).toBe("ignore pool-exhausted");
  });

  it.each([
    { name: "firmware", options: ClientOptions.efi, want: 300 },
    { name: "iPXE", options: ClientOptions.ipxe, want: 300 },
    { name: "a system", options: ClientOptions.system, want: 43_200 },
  ])("gives $name $want s, T1 at a half, T2 at seven eighths", ({ options, want }) => {
    const decision = decide({ options });
    expect(option(decision, 51)?.readUInt32BE()).toBe(want);
    expect(option(decision, 58)?.readUInt32BE()).toBe(want / 2);
    expect(option(decision, 59)?.readUInt32BE()).toBe(Math.floor((want * 7) / 8));
  });

  it("never shortens a lease that runs", () => {
    const decision = decide(
      { options: ClientOptions.efi },
      { leases: [lease({ at: "10.77.0.120" })] },
    );
    expect(option(decision, 51)?.readUInt32BE()).toBe(3600);
  });
});

describe("decideDhcp on the rest", () => {
  const held: World = { leases: [lease({ at: "10.77.0.120" })] };
  const rows: { name: string; send: MessageParts; world?: World; want: string }[] = [
    {
      name: "RELEASE of its lease",
      send: { type: "release", serverId: us, ciaddr: "10.77.0.120" },
      world: held,
      want: "record released",
    },
    {
      name: "RELEASE of another's lease",
      send: { type: "release", serverId: us, ciaddr: "10.77.0.120", mac: otherMac },
      world: held,
      want: "ignore not-the-holder",
    },
    {
      name: "RELEASE at another server",
      send: { type: "release", serverId: "10.77.0.2", ciaddr: "10.77.0.120" },
      world: held,
      want: "ignore other-server",
    },
    {
      name: "DECLINE of its lease",
      send: { type: "decline", serverId: us, requested: "10.77.0.120" },
      world: held,
      want: "record declined",
    },
    {
      name: "DECLINE of another's lease",
      send: { type: "decline", serverId: us, requested: "10.77.0.120", mac: otherMac },
      world: held,
      want: "ignore not-the-holder",
    },
    { name: "INFORM", send: { type: "inform", ciaddr: "10.77.0.50" }, want: "ack informed" },
    {
      name: "INFORM from elsewhere",
      send: { type: "inform", ciaddr: "10.9.9.9" },
      want: "ignore wrong-subnet",
    },
    { name: "INFORM without an address", send: { type: "inform" }, want: "ignore no-address" },
    { name: "another server's OFFER", send: { type: "offer" }, want: "ignore not-for-servers" },
    { name: "a relay with our address", send: { giaddr: us }, want: "ignore relay-loop" },
    {
      name: "a relay of a link not served",
      send: { giaddr: "10.88.0.1" },
      want: "ignore unknown-subnet",
    },
    {
      name: "a disabled machine's firmware",
      send: { options: ClientOptions.efi },
      world: { settings: { disabled: new Set([parseMac(clientMac)]) } },
      want: "ignore machine-disabled",
    },
    {
      name: "a disabled machine's system",
      send: { requested: "10.77.0.150" },
      world: { settings: { disabled: new Set([parseMac(clientMac)]) } },
      want: "offer requested",
    },
  ];
  it.each(rows)("$name: $want", ({ send, world, want }) => {
    expect(words(decide(send, world))).toBe(want);
  });

  it("keeps a declined address out of use for its probation, from its client too", () => {
    const decision = decide({ type: "decline", serverId: us, requested: "10.77.0.120" }, held);
    if (decision.kind !== "record") throw new Error(decision.kind);
    const leases = new LeaseTable(held.leases);
    leases.apply(decision.changes);
    const at = (now: number) =>
      decideDhcp(requestOf({ requested: "10.77.0.120" }), contextOf({ leases, now }));
    const address = ip("10.77.0.120");
    expect(replyOf(at(noon + 23 * hour)).message.yiaddr).not.toBe(address);
    expect(replyOf(at(noon + 25 * hour)).message.yiaddr).toBe(address);
  });

  it("answers INFORM without times or address and without touching leases (table 3)", () => {
    const decision = decide({ type: "inform", ciaddr: "10.77.0.50" });
    expect(decision).toMatchObject({ changes: [], reply: { message: { yiaddr: 0 } } });
    for (const code of [51, 58, 59]) expect(option(decision, code)).toBeUndefined();
  });
});

describe("the address server's replies", () => {
  it("keep the client's order of options, but the mask first and the router always", () => {
    const list = Buffer.of(15, 6, 1);
    const decision = decide({ options: [[OptionCode.parameterList, list]] });
    expect([...replyOf(decision).message.options.keys()]).toEqual([
      53, 54, 51, 58, 59, 1, 15, 6, 3,
    ]);
  });

  it("echo 61 (RFC 6842) and 82 (RFC 3046)", () => {
    const id = Buffer.of(1, 2, 3);
    const relayAgent = Buffer.of(1, 2, 0, 7);
    const decision = decide({
      options: [
        [61, id],
        [82, relayAgent],
      ],
    });
    expect(option(decision, 61)).toEqual(id);
    expect(option(decision, 82)).toEqual(relayAgent);
  });

  it("carry boot fields for firmware, in full mode with 43 so that nobody asks on 4011", () => {
    const decision = decide({ options: ClientOptions.efi });
    expect(replyOf(decision).message).toMatchObject({
      siaddr: ip(us),
      sname: us,
      file: "snponly.efi",
    });
    expect(option(decision, 60)?.toString()).toBe("PXEClient");
    expect(option(decision, 43)).toEqual(Buffer.of(6, 1, 8, 255));
    expect(option(decision, 66)?.toString()).toBe(`${us}\0`);
    expect(option(decision, 67)?.toString()).toBe("snponly.efi\0");
    expect(option(decision, 175)).toBeUndefined();
  });

  it("tell iPXE its script and that there is no proxyDHCP server", () => {
    const decision = decide({ options: ClientOptions.ipxe });
    expect(option(decision, 67)?.toString()).toBe("http://10.77.0.1:8080/boot.ipxe\0");
    expect(option(decision, 175)).toEqual(Buffer.of(0xb0, 1, 1));
  });

  it("carry nothing of booting for a system", () => {
    const decision = decide({ options: ClientOptions.system });
    expect(replyOf(decision).message).toMatchObject({ siaddr: 0, file: "", sname: "" });
    for (const code of [43, 60, 66, 67, 175]) expect(option(decision, code)).toBeUndefined();
  });
});

describe("a relay", () => {
  const far = {
    ...scope,
    subnet: parseSubnet("10.88.0.0/24"),
    router: ip("10.88.0.1"),
    pools: [{ first: ip("10.88.0.10"), last: ip("10.88.0.20") }],
  };
  const world: World = { settings: { scopes: [scope, far] } };

  it("is answered on its server port, the flag as it came, with an address of its link", () => {
    const { message, to } = replyOf(decide({ giaddr: "10.88.0.1" }, world));
    expect(to).toEqual({ address: ip("10.88.0.1"), port: "server" });
    expect(message.flags).toBe(0);
    expect(message.yiaddr >>> 8).toBe(ip("10.88.0.0") >>> 8);
  });

  it("may name the link (RFC 3527) and the server address (RFC 5107)", () => {
    const relay = Buffer.concat([
      Buffer.of(5, 4),
      octets("10.88.0.0"),
      Buffer.of(11, 4),
      octets("10.88.0.1"),
    ]);
    const decision = decide({ giaddr: "172.16.0.1", options: [[82, relay]] }, world);
    expect(replyOf(decision).message.yiaddr >>> 8).toBe(ip("10.88.0.0") >>> 8);
    expect(option(decision, 54)).toEqual(octets("10.88.0.1"));
  });

  it("broadcasts a NAK, as its flag then says (§4.3.2)", () => {
    const send: MessageParts = { type: "request", requested: "10.77.0.120", giaddr: "10.88.0.1" };
    const { message, to } = replyOf(decide(send, world));
    expect(message.flags).toBe(0x8000);
    expect(to.address).toBe(ip("10.88.0.1"));
  });

  it("is not there when its client renews, and the lease tells the link", () => {
    const leases = [lease({ at: "10.88.0.10", relayed: true })];
    const decision = decide(renewing("10.88.0.10"), { ...world, leases });
    expect(words(decision)).toBe("ack lease-renewed");
    expect(MessageType.ack).toBe(option(decision, 53)?.[0]);
  });
});
