import { describe, expect, it } from "vitest";
import type { Lease } from "../../src/dhcp/lease.ts";
import { keyOfMac } from "../../src/dhcp/request.ts";
import {
  decideReserve,
  decideUnreserve,
  type KeptReservation,
  type ReservationWorld,
  type ReserveWish,
} from "../../src/dhcp/reservation-keeping.ts";
import { formatIpv4, parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { parseUuid } from "../../src/wire/uuid.ts";

const now = 1_000_000;
const at = parseIpv4;
const one = parseMac("52:54:00:77:00:10");
const two = parseMac("52:54:00:77:00:11");
const three = parseMac("52:54:00:77:00:12");
const uuid = parseUuid("4c4c4544-0051-3610-8052-b4c04f4a3132");

const lease = (row: Partial<Lease> & Pick<Lease, "address">): Lease => ({
  key: keyOfMac(one),
  mac: one,
  state: "bound",
  expires: now + 60_000,
  relayed: false,
  ...row,
});

const world: ReservationWorld = {
  config: [{ mac: parseMac("52:54:00:77:00:01"), address: at("10.77.0.5"), hostname: "fixed" }],
  kept: [{ mac: three, address: at("10.77.0.30"), hostname: "kept" }],
  leases: [
    lease({ address: at("10.77.0.100"), hostname: "node1" }),
    lease({ address: at("10.77.0.101"), mac: two, key: keyOfMac(two), expires: now - 1 }),
    lease({ address: at("10.77.0.102"), mac: two, key: keyOfMac(two), state: "declined" }),
  ],
  scopes: [
    {
      subnet: parseSubnet("10.77.0.0/24"),
      pools: [],
      excluded: [],
      dns: [],
      router: at("10.77.0.254"),
    },
  ],
  own: new Set([at("10.77.0.1")]),
  protectedNames: new Set(["provisioner"]),
  now,
};

type Case = { readonly name: string; readonly wish: ReserveWish; readonly want: string };

const cases: readonly Case[] = [
  {
    name: "an address",
    wish: { machine: two, address: at("10.77.0.9") },
    want: "52:54:00:77:00:11 10.77.0.9 -",
  },
  {
    name: "a name alone",
    wish: { machine: two, hostname: "Node2" },
    want: "52:54:00:77:00:11 - node2",
  },
  {
    name: "a UUID",
    wish: { machine: uuid.toUpperCase(), address: at("10.77.0.9") },
    want: `${uuid} 10.77.0.9 -`,
  },
  {
    name: "the name of a lease",
    wish: { machine: "node1", address: at("10.77.0.9") },
    want: "52:54:00:77:00:10 10.77.0.9 - | the machine has 10.77.0.100 until it asks again",
  },
  {
    name: "what it has",
    wish: { machine: one, fromLease: true },
    want: "52:54:00:77:00:10 10.77.0.100 node1",
  },
  {
    name: "what it has, by another name",
    wish: { machine: one, fromLease: true, hostname: "x" },
    want: "52:54:00:77:00:10 10.77.0.100 x",
  },
  {
    name: "what it had, and not what it declined",
    wish: { machine: two, fromLease: true },
    want: "52:54:00:77:00:11 10.77.0.101 -",
  },
  {
    name: "an address whose lease has ended",
    wish: { machine: one, address: at("10.77.0.101") },
    want: "52:54:00:77:00:10 10.77.0.101 - | the machine has 10.77.0.100 until it asks again",
  },
  {
    name: "a new name for a row that is kept",
    wish: { machine: three, hostname: "other" },
    want: "52:54:00:77:00:12 10.77.0.30 other",
  },
  {
    name: "another's address, by force",
    wish: { machine: two, address: at("10.77.0.100"), force: true },
    want: "52:54:00:77:00:11 10.77.0.100 - | 52:54:00:77:00:10 (node1) has it until 1970-01-01T00:17:40.000Z",
  },
  {
    name: "a declined address",
    wish: { machine: one, address: at("10.77.0.102") },
    want: "52:54:00:77:00:10 10.77.0.102 - | the machine has 10.77.0.100 until it asks again | somebody else was seen at this address; see kindling dhcp forget",
  },
  {
    name: "another's name",
    wish: { machine: two, hostname: "node1" },
    want: "52:54:00:77:00:11 - node1 | 52:54:00:77:00:10 (node1) calls itself so too, and loses the name",
  },
  {
    name: "another's address",
    wish: { machine: two, address: at("10.77.0.100") },
    want: "address-in-use: 10.77.0.100 is leased to 52:54:00:77:00:10 (node1) until 1970-01-01T00:17:40.000Z; wait, choose another, or say --force",
  },
  {
    name: "nobody known",
    wish: { machine: "ghost", address: at("10.77.0.9") },
    want: "unknown-machine",
  },
  {
    name: "a UUID that many boards have",
    wish: { machine: "03000200-0400-0500-0006-000700080009", address: at("10.77.0.9") },
    want: "unknown-machine",
  },
  { name: "nothing", wish: { machine: two }, want: "nothing-to-keep" },
  {
    name: "a lease where there is none",
    wish: { machine: uuid, fromLease: true },
    want: "no-lease",
  },
  {
    name: "an address elsewhere",
    wish: { machine: two, address: at("10.78.0.9") },
    want: "outside-subnets: want an address inside 10.77.0.0/24, got 10.78.0.9",
  },
  { name: "a router", wish: { machine: two, address: at("10.77.0.254") }, want: "unassignable" },
  { name: "a broadcast", wish: { machine: two, address: at("10.77.0.255") }, want: "unassignable" },
  {
    name: "our own address",
    wish: { machine: two, address: at("10.77.0.1") },
    want: "unassignable",
  },
  {
    name: "an address that the configuration keeps",
    wish: { machine: two, address: at("10.77.0.5"), force: true },
    want: "in-config: 10.77.0.5 is reserved for 52:54:00:77:00:01 in the configuration, which wins; change dhcp.reservations there",
  },
  {
    name: "a machine of the configuration",
    wish: { machine: "52:54:00:77:00:01", hostname: "x" },
    want: "in-config",
  },
  {
    name: "an address that is kept",
    wish: { machine: two, address: at("10.77.0.30") },
    want: "address-reserved: 10.77.0.30 is reserved for 52:54:00:77:00:12; kindling dhcp unreserve 52:54:00:77:00:12 first",
  },
  { name: "a name that is kept", wish: { machine: two, hostname: "kept" }, want: "name-reserved" },
  { name: "no name", wish: { machine: two, hostname: "a.b" }, want: "not-a-name" },
  {
    name: "a name of ours",
    wish: { machine: two, hostname: "provisioner" },
    want: "protected-name",
  },
];

const words = ({ mac, uuid: id, address, hostname = "-" }: KeptReservation): string =>
  `${mac ?? id} ${address === undefined ? "-" : formatIpv4(address)} ${hostname}`;

describe("a reservation that an operator asks for", () => {
  it.each(cases)("$name", ({ wish, want }) => {
    const decision = decideReserve(wish, world);
    if (decision.kind === "refused") {
      expect(`${decision.reason}: ${decision.message}`).toContain(want);
      return;
    }
    expect([words(decision.reservation), ...decision.notes].join(" | ")).toBe(want);
    expect(decision.kept).toContain(decision.reservation);
  });

  it("takes the place of the one that the machine had", () => {
    const decision = decideReserve({ machine: three, address: at("10.77.0.31") }, world);
    expect(decision).toMatchObject({
      kept: [{ mac: three, address: at("10.77.0.31"), hostname: "kept" }],
    });
  });
});

describe("a reservation that is taken away", () => {
  it.each([three, "10.77.0.30", "KEPT"])("by %s", (word) => {
    expect(decideUnreserve(word, world)).toMatchObject({ kind: "kept", kept: [] });
  });

  it.each([
    ["fixed", "in-config"],
    ["ghost", "unknown-machine"],
  ])("is not %s: %s", (word, reason) => {
    expect(decideUnreserve(word, world)).toMatchObject({ kind: "refused", reason });
  });
});
