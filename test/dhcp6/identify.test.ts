import { describe, expect, it } from "vitest";
import { identifyDhcp6 } from "../../src/dhcp6/identify.ts";
import type { Option6 } from "../../src/dhcp6/options.ts";
import { parseIpv6 } from "../../src/wire/ipv6.ts";
import { Client6, machine6, opt, packetOf } from "../support/dhcp6-message.ts";

const who = (options: readonly Option6[]) =>
  identifyDhcp6(packetOf({ type: "solicit", options }), parseIpv6(machine6));

describe("the program that asks", () => {
  const rows: readonly [string, readonly Option6[], string, string | undefined][] = [
    ["edk2's PXE", Client6.pxe, "firmware pxe", "x64 UEFI"],
    ["edk2's HTTP Boot", Client6.http, "firmware http", "x64 UEFI HTTP"],
    ["PXE that names no architecture", Client6.pxeWithoutArch, "firmware pxe", "x64 UEFI"],
    ["HTTP Boot that names none", Client6.httpWithoutArch, "firmware http", "x64 UEFI HTTP"],
    ["who names an architecture only", Client6.arm, "firmware pxe", "ARM 64-bit UEFI"],
    ["an architecture nobody knows", Client6.unknownArch, "firmware pxe", "x64 UEFI"],
    ["iPXE", Client6.ipxe, "ipxe", "x64 UEFI"],
    ["an architecture in the class alone", Client6.pxe.slice(0, 1), "firmware pxe", "x64 UEFI"],
    ["a system", Client6.system, "operating-system", undefined],
    ["a class cut short", [opt(16, "0000015700ff50")], "operating-system", undefined],
    ["a class without a number", [opt(16, "0000")], "operating-system", undefined],
  ];
  it.each(rows)("%s", (_, options, stage, arch) => {
    const found = who(options);
    const client = found.stage.kind === "firmware" ? ` ${found.stage.client}` : "";
    expect([`${found.stage.kind}${client}`, found.arch?.name]).toEqual([stage, arch]);
  });
});

describe("the MAC", () => {
  const linkLayer = `00030001${"02".repeat(6)}`;
  const relay = (options: readonly Option6[], peer: string) => ({
    hops: 0,
    link: parseIpv6("fd88::1"),
    peer: parseIpv6(peer),
    options,
  });
  const rows = [
    { name: "is in the link-local source", from: machine6, want: "52:54:00:77:00:10" },
    {
      name: "is in the source, not of another card in the identifier",
      clientId: linkLayer,
      from: machine6,
      want: "52:54:00:77:00:10",
    },
    {
      name: "is in the identifier behind a private source",
      clientId: linkLayer,
      from: "fe80::1",
      want: "02:02:02:02:02:02",
    },
    { name: "is unknown behind both", from: "fe80::1", want: undefined },
    {
      name: "is the client's at a relay, not the relay's",
      from: "fe80::ff:fe00:1",
      relays: [relay([], machine6)],
      want: "52:54:00:77:00:10",
    },
    {
      name: "is what the first relay says",
      from: "fe80::1",
      relays: [
        relay([opt(79, `0001${"0e".repeat(6)}`)], "fe80::2"),
        relay([opt(79, `0001${"0a".repeat(6)}`)], machine6),
      ],
      want: "0a:0a:0a:0a:0a:0a",
    },
    {
      name: "is no other hardware's",
      from: "fe80::1",
      relays: [relay([opt(79, `0020${"0a".repeat(6)}`)], "fe80::3")],
      want: undefined,
    },
  ];
  it.each(rows)("$name", ({ from, want, clientId, relays }) => {
    const packet = packetOf({
      type: "solicit",
      ...(clientId && { clientId }),
      ...(relays && { relays }),
    });
    expect(identifyDhcp6(packet, parseIpv6(from)).mac).toBe(want);
  });
});
