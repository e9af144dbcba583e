import { describe, expect, it } from "vitest";
import type { Lease } from "../../src/dhcp/lease.ts";
import { decideEnd, type LeaseAct } from "../../src/dhcp/lease-ending.ts";
import { keyOfMac } from "../../src/dhcp/request.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";

const now = 1_000_000;
const mac = parseMac("52:54:00:77:00:10");
const row = (end: number, parts: Partial<Lease>): Lease => ({
  address: parseIpv4(`10.77.0.${end}`),
  key: keyOfMac(mac),
  mac,
  state: "bound",
  expires: now + 60_000,
  relayed: false,
  ...parts,
});
const leases = [
  row(1, { expires: now - 5 }),
  row(2, { hostname: "node1" }),
  row(3, { state: "declined", mac: parseMac("52:54:00:77:00:11") }),
];

const done: readonly (readonly [LeaseAct, string, number])[] = [
  ["release", "10.77.0.2", 2],
  ["release", "52:54:00:77:00:10", 2],
  ["release", "NODE1", 2],
  ["forget", "10.77.0.3", 3],
];
const refused = [
  ["release", "10.77.0.9", "no-lease"],
  ["release", "10.77.0.1", "not-running"],
  ["release", "10.77.0.3", "not-running"],
  ["forget", "10.77.0.2", "not-declined"],
] as const;

describe("a lease that an operator ends", () => {
  it.each(done)("%s %s", (act, word, end) => {
    const lease = { ...leases[end - 1], state: "released", expires: now };
    expect(decideEnd(act, word, { leases, now })).toMatchObject({ kind: "ended", lease });
  });

  it.each(refused)("%s %s: %s", (act, word, reason) => {
    expect(decideEnd(act, word, { leases, now })).toMatchObject({ kind: "refused", reason });
  });
});
