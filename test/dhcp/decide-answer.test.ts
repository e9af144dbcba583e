import { describe, expect, it } from "vitest";
import { OptionCode } from "../../src/dhcp/options.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { clientMac, type MessageParts, octets } from "../support/dhcp-message.ts";
import { far, ip, noon, scope } from "../support/dhcp-site.ts";
import {
  decide,
  lease,
  option,
  other,
  rebooting,
  renewing,
  replyOf,
  selecting,
  us,
  type World,
  words,
} from "../support/dhcp-world.ts";

const bob = { mac: "52:54:00:77:00:99" };
const relay = "10.88.0.1";
const scopes = [scope, far];
const at = "10.77.0.120";
const bound: World = { leases: [lease({ at })] };
const relayed = (parts: MessageParts): MessageParts => ({ giaddr: relay, ...parts });
const behind = (world: World = {}): World => ({
  ...world,
  settings: { scopes, ...world.settings },
});

describe("what a reply says and where it goes", () => {
  it("RFC 2131 §4.1: a NAK without a relay is broadcast, whatever ciaddr says", () => {
    const { to } = replyOf(decide({ ...renewing("192.168.1.5"), header: { flags: 0 } }));
    expect(to).toEqual({ address: ip("255.255.255.255"), port: "client" });
  });

  it("RFC 2131 §4.3.2: a NAK through a relay carries the broadcast flag, other replies the client's", () => {
    const nak = replyOf(decide(relayed(rebooting(at)), behind()));
    expect(nak.message.flags).toBe(0x8000);
    expect(nak.to).toEqual({ address: ip(relay), port: "server" });
    const offer = replyOf(decide(relayed({}), behind()));
    expect(offer.message.flags).toBe(0);
    expect(offer.message.hops).toBe(0);
    expect(offer.to).toEqual({ address: ip(relay), port: "server" });
  });

  it("RFC 5107 §4: option 54 is the relay's address where it says so, and is known again", () => {
    const agent = Buffer.from([11, 4, ...octets("10.88.0.1")]);
    const send = relayed({ options: [[OptionCode.relayAgent, agent]] });
    expect(option(decide(send, behind()), 54)).toEqual(Buffer.from(octets("10.88.0.1")));
    const take = {
      ...send,
      type: "request",
      serverId: "10.88.0.1",
      requested: "10.88.0.120",
    } as const;
    expect(words(decide(take, behind()))).toBe("ack offer-forgotten");
  });

  it("RFC 4039 §3.1: Rapid Commit only where it is set and asked for", () => {
    const ask: MessageParts = { options: [[OptionCode.rapidCommit, Buffer.alloc(0)]] };
    expect(words(decide(ask))).toBe("offer pool");
    const on = { settings: { rapidCommit: true } };
    expect(words(decide({}, on))).toBe("offer pool");
    const decision = decide(ask, on);
    expect(words(decision)).toBe("ack rapid-commit");
    expect(option(decision, OptionCode.rapidCommit)).toEqual(Buffer.alloc(0));
    expect(decision).toMatchObject({ changes: [{ kind: "lease", lease: { state: "bound" } }] });
    const off = { settings: { rapidCommit: true, scopes: [{ ...scope, rapidCommit: false }] } };
    expect(words(decide(ask, off))).toBe("offer pool");
  });

  it("RFC 1534 §2: BOOTP by reservation alone, where it is set, without options of DHCP", () => {
    const bootp: MessageParts = { header: { options: new Map() } };
    const reservations = [{ address: ip("10.77.0.20"), mac: parseMac(clientMac) }];
    expect(words(decide(bootp, { settings: { reservations } }))).toBe("ignore bootp");
    expect(words(decide(bootp, { settings: { bootp: true } }))).toBe("ignore no-reservation");
    const decision = decide(bootp, { settings: { bootp: true, reservations } });
    expect(words(decision)).toBe("other bootp");
    const { message, maxBytes } = replyOf(decision);
    expect(message.yiaddr).toBe(ip("10.77.0.20"));
    expect([...message.options.keys()]).toEqual([1, 3, 6, 15, 28]);
    expect([maxBytes, decision.kind === "reply" && decision.changes]).toEqual([300, []]);
  });

  it("RFC 2131 §2.2: on a link of two subnets the client's own address goes before a free one", () => {
    const near = { ...scope, sharedNetwork: "lan" };
    const second = { ...far, link: ip(us), sharedNetwork: "lan" };
    const world = { settings: { scopes: [near, second] }, leases: [lease({ at: "10.88.0.120" })] };
    expect(replyOf(decide({}, world)).message.yiaddr).toBe(ip("10.88.0.120"));
    expect(words(decide(rebooting("10.88.0.120"), world))).toBe("ack lease-known");
    const full = { ...near, pools: [] };
    const { message } = replyOf(decide({}, { settings: { scopes: [full, second] } }));
    expect(message.yiaddr).toBeGreaterThanOrEqual(ip("10.88.0.100"));
    expect(Buffer.from(message.options.get(1) ?? [])).toEqual(Buffer.of(255, 255, 255, 0));
    expect(words(decide(bob, { settings: { scopes: [full, { ...second, pools: [] }] } }))).toBe(
      "ignore pool-exhausted",
    );
  });

  it("gives up the address in the link's other subnet with the ACK of a new one", () => {
    const near = { ...scope, sharedNetwork: "lan" };
    const second = { ...far, link: ip(us), sharedNetwork: "lan" };
    const world = { settings: { scopes: [near, second] }, leases: [lease({ at: "10.88.0.120" })] };
    expect(decide(selecting(at), world)).toMatchObject({
      changes: [
        { lease: { address: ip("10.88.0.120"), state: "released" } },
        { lease: { address: ip(at), state: "bound" } },
      ],
    });
  });
});

describe("what a lease is made of", () => {
  const leaseOf = (send: MessageParts, world?: World) => {
    const decision = decide(send, world);
    const changes = decision.kind === "reply" ? decision.changes : [];
    return changes.flatMap((change) => (change.kind === "lease" ? [change.lease] : [])).at(-1);
  };

  it("keeps option 82 and 61, and the 82 of a running lease through a renewal without it", () => {
    const options = [
      [OptionCode.relayAgent, Buffer.of(1, 1, 7)],
      [OptionCode.clientId, Buffer.of(1, 9)],
    ] as const;
    const first = leaseOf(relayed({ ...selecting("10.88.0.120"), options }), behind());
    expect(first).toMatchObject({ relayAgent: "010107", clientId: "0109", relayed: true });
    const again = leaseOf(renewing("10.88.0.120"), behind({ leases: first ? [first] : [] }));
    expect(again).toMatchObject({ relayAgent: "010107", relayed: true });
  });

  it("classes a renewal by the port that its lease was made at", () => {
    const classes = [{ name: "rack-7", circuitId: "07", leaseSeconds: 77 }];
    const held = lease({
      at: "10.88.0.120",
      relayed: true,
      relayAgent: "010107",
      expires: noon + 1,
    });
    const world = behind({ leases: [held], settings: { classes } });
    expect(option(decide(renewing("10.88.0.120"), world), 51)?.readUInt32BE()).toBe(77);
  });

  it.each([
    { identity: "mac", want: clientMac },
    { identity: "client-id", want: "id/01ff" },
    { identity: "uuid", want: "uuid/33221100-5544-7766-8899-aabbccddeeff" },
  ] as const)("knows its machine by $identity where the subnet says so", ({ identity, want }) => {
    const guid = Buffer.from("0000112233445566778899aabbccddeeff", "hex");
    const options = [
      [OptionCode.clientId, Buffer.of(1, 255)],
      [OptionCode.clientUuid, guid],
    ] as const;
    const world = { settings: { scopes: [{ ...scope, identity }] } };
    expect(leaseOf({ ...selecting(at), options }, world)?.key).toBe(want);
    const bad = [[OptionCode.clientUuid, Buffer.alloc(17)]] as const;
    expect(leaseOf({ ...selecting(at), options: bad }, world)?.key).toBe(clientMac);
  });

  const named = (name: string) => ({ ...selecting(at), options: [[12, name]] as const });

  it("takes a name from another machine that has it, and says so", () => {
    const world = { leases: [other("10.77.0.130", { hostname: "node" })] };
    const decision = decide(named("Node"), world);
    expect(decision).toMatchObject({
      changes: [{ lease: { address: ip("10.77.0.130") } }, { lease: { hostname: "node" } }],
      findings: [{ kind: "raise", finding: { code: "dhcp.name-taken", subject: "node" } }],
    });
    const [first] = decision.kind === "reply" ? decision.changes : [];
    expect(first?.kind === "lease" && first.lease.hostname).toBeUndefined();
  });

  it("leaves the name of an ended lease where it is, and says nothing", () => {
    const ended = other("10.77.0.130", { hostname: "node", expires: noon - 1 });
    const decision = decide(named("node"), { leases: [ended] });
    expect(decision.kind === "reply" && decision.findings).toBeUndefined();
    expect(leaseOf(named("node"), { leases: [ended] })?.hostname).toBe("node");
  });

  it("takes nothing from a lease of the machine's on another link", () => {
    const leases = [lease({ at: "10.88.0.120", relayed: true })];
    const decision = decide(selecting(at), behind({ leases }));
    expect(decision.kind === "reply" && decision.changes).toMatchObject([
      { lease: { address: ip(at) } },
    ]);
  });

  it("takes no other machine's port from a lease that is not the client's", () => {
    const classes = [{ name: "rack-7", circuitId: "07", leaseSeconds: 77 }];
    const foreign = other("10.77.0.130", { relayAgent: "010107", expires: noon - 4 * 3_600_000 });
    const world = { leases: [foreign], settings: { classes } };
    const decision = decide(renewing("10.77.0.130"), world);
    expect(option(decision, 51)?.readUInt32BE()).toBe(43_200);
  });

  it("moves renewal forward by the client's xid where it is set", () => {
    const send = { header: { xid: 0x8000 } };
    const times = (spread: number) => {
      const decision = decide(send, { settings: { renewalSpread: spread } });
      return [51, 58, 59].map((code) => option(decision, code)?.readUInt32BE());
    };
    expect(times(0)).toEqual([43_200, 21_600, 37_800]);
    expect(times(0.2)).toEqual([43_200, 19_440, 34_020]);
  });

  it("gives no service's name and no other machine's", () => {
    const reservations = [{ mac: parseMac(bob.mac), hostname: "db" }];
    const world = { settings: { protectedNames: new Set(["wpad"]), reservations } };
    for (const name of ["wpad", "db"]) {
      const decision = decide(named(name), world);
      expect(leaseOf(named(name), world)?.hostname).toBeUndefined();
      expect(decision).toMatchObject({ findings: [{ finding: { code: "dhcp.name-refused" } }] });
    }
    expect(leaseOf({ ...named("x"), ...bob }, world)?.hostname).toBe("db");
  });

  it("RFC 4702 §4: answers option 81 with the granted name, in the zone, and our flags", () => {
    const asked = Buffer.concat([Buffer.of(0, 0, 0), Buffer.from("My_Box.elsewhere.org")]);
    const decision = decide({ options: [[OptionCode.fqdn, asked]] });
    expect(option(decision, OptionCode.fqdn)).toEqual(
      Buffer.concat([Buffer.of(3, 255, 255), Buffer.from("my-box.lab.test")]),
    );
    expect(option(decide({}), OptionCode.fqdn)).toBeUndefined();
  });

  it("tells that a conflict is over with the next ACK of a declined address", () => {
    const ended = { leases: [lease({ at, state: "declined", expires: noon - 1 })] };
    expect(decide(selecting(at), ended)).toMatchObject({
      findings: [{ kind: "clear", code: "dhcp.address-conflict", subject: at }],
    });
  });

  it("tries a declined reservation again after ten minutes", () => {
    const reservations = [{ address: ip(at), mac: parseMac(clientMac) }];
    const send = { type: "decline", serverId: us, requested: at } as const;
    expect(decide(send, { ...bound, settings: { reservations } })).toMatchObject({
      changes: [{ lease: { expires: noon + 600_000 } }],
    });
  });
});
