import { describe, expect, it } from "vitest";
import {
  decideJoin,
  forgetSecrets,
  type JoinRequest,
  type JoinTicket,
  readBearer,
} from "../../src/installer/join-grant.ts";
import { parseIp } from "../../src/wire/ip.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";

const mac = parseMac("52:54:00:77:00:10");
const other = parseMac("52:54:00:77:00:66");
const address = parseIpv4("10.77.0.21");
const now = 1_000_000;
const ticket: JoinTicket = {
  ...{ cluster: "demo", node: "node1.demo.lan", macs: [mac], address, expires: now + 1 },
  files: [{ path: "/etc/kubernetes/ca.crt", mode: 0o600, text: "pem" }],
};

describe("decideJoin", () => {
  const own: JoinRequest = { address, mac };
  const rows: readonly {
    name: string;
    request?: Partial<JoinRequest>;
    ticket?: Partial<JoinTicket> | "none";
    want: string;
  }[] = [
    { name: "the machine itself", want: "grant" },
    { name: "its address, before DHCP saw it", request: { mac: undefined }, want: "grant" },
    { name: "a token of nobody", ticket: "none", want: "401 unknown-token" },
    { name: "a second time", ticket: { usedAt: now - 1, files: [] }, want: "410 used" },
    { name: "a second time after the end", ticket: { usedAt: 1, expires: 2 }, want: "410 used" },
    { name: "too late", ticket: { expires: now }, want: "410 expired" },
    {
      name: "another address",
      request: { address: parseIp("10.77.0.22") },
      want: "403 wrong-address",
    },
    {
      name: "an IPv6 address",
      request: { address: parseIp("fe80::1") },
      want: "403 wrong-address",
    },
    { name: "its second card", ticket: { macs: [other, mac] }, want: "grant" },
    { name: "a machine known by its UUID", ticket: { macs: [] }, want: "grant" },
    { name: "another machine at its address", request: { mac: other }, want: "403 wrong-machine" },
  ];
  it.each(rows)("$name: $want", ({ request, ticket: odd = {}, want }) => {
    const shown = odd === "none" ? undefined : { ...ticket, ...odd };
    const decision = decideJoin({ ...own, ...request }, shown, now);
    const told = decision.kind === "grant" ? "grant" : `${decision.status} ${decision.reason}`;
    expect(told).toBe(want);
  });

  it("keeps no secret of a bundle that was given", () => {
    const decision = decideJoin(own, ticket, now);
    expect(decision).toMatchObject({ files: ticket.files, used: { usedAt: now, files: [] } });
  });
});

it.each([
  { name: "an open one", odd: {}, files: 1 },
  { name: "one that was used", odd: { usedAt: 1 }, files: 0 },
  { name: "one that has expired", odd: { expires: now }, files: 0 },
])("of $name $files files stay", ({ odd, files }) => {
  expect(forgetSecrets({ ...ticket, ...odd }, now).files.length).toBe(files);
});

it.each([
  ["Bearer abcdefghijklmnop", "abcdefghijklmnop"],
  ["bearer abcdefghijklmnop==", "abcdefghijklmnop=="],
  ["Bearer short", undefined],
  ["Basic abcdefghijklmnop", undefined],
  ["Bearer abcdefghijklmnop x", undefined],
  [undefined, undefined],
])("reads of %s the token %s", (header, want) => {
  expect(readBearer(header)).toBe(want);
});
