import { describe, expect, it } from "vitest";
import { OptionCode6 } from "../../src/dhcp6/options.ts";
import { associationLimit, readRequest6 } from "../../src/dhcp6/request.ts";
import { WireError } from "../../src/errors.ts";
import { parseIpv6 } from "../../src/wire/ipv6.ts";
import {
  Client6,
  ia,
  machine6,
  opt,
  type Parts6,
  packetOf,
  requestOf,
} from "../support/dhcp6-message.ts";

describe("readRequest6", () => {
  it("reads what a client wants and has", () => {
    const { iaTa, iaPd } = OptionCode6;
    const options = [
      ia(1, ["fd77::5"]),
      ia(2, [], iaTa),
      ia(3, [], iaPd),
      opt(14, ""),
      opt(6, "0017003b00"),
    ];
    expect(requestOf({ type: "renew", options })).toMatchObject({
      type: "renew",
      key: "52:54:00:77:00:10",
      rapidCommit: true,
      wanted: new Set([23, 59]),
      associations: [
        { kind: "address", id: 1, addresses: ["fd77::5"] },
        { kind: "temporary", id: 2, addresses: [] },
        { kind: "prefix", id: 3, addresses: [] },
      ],
    });
  });

  it("knows a client by its identifier where its MAC is hidden", () => {
    expect(requestOf({ type: "solicit", from: "fe80::1" }).key).toBe(`0004${"11".repeat(16)}`);
  });

  it.each(["advertise", "reply", "reconfigure"] as const)("takes no %s", (type) => {
    const result = readRequest6(packetOf({ type }), parseIpv6(machine6));
    expect(result).toEqual({ kind: "ignore", reason: "not-for-servers" });
  });

  const bad: readonly (Parts6 & { name: string })[] = [
    { name: "an identifier of two bytes", type: "solicit", clientId: "0004" },
    { name: "a server's of two bytes", type: "renew", serverId: "0004" },
    { name: "half an association", type: "solicit", options: [opt(3, "00000001")] },
    {
      name: "half an address",
      type: "solicit",
      options: [opt(3, `${"00".repeat(12)}00050003fd7700`)],
    },
    {
      name: "an address without lifetimes",
      type: "solicit",
      options: [opt(3, `${"00".repeat(12)}00050010${"00".repeat(16)}`)],
    },
    {
      name: "too many associations",
      type: "solicit",
      options: Array.from({ length: associationLimit + 1 }, (_, n) => ia(n)),
    },
  ];
  it.each(bad)("refuses $name", (parts) => {
    expect(() => requestOf(parts)).toThrow(WireError);
  });

  it("does not read 61 as a wish", () => {
    expect(requestOf({ type: "solicit", options: Client6.arm }).wanted.size).toBe(0);
  });
});
