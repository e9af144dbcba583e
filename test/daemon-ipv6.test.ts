import { describe, expect, it } from "vitest";
import { ConfigSchema } from "../src/config/schema.ts";
import {
  advertOf,
  dhcp6ModeOf,
  listeningAddresses,
  waitUntilBindable,
} from "../src/daemon-ipv6.ts";
import type { ServedInterface } from "../src/runtime/interfaces.ts";
import { parseIpv4 } from "../src/wire/ipv4.ts";
import { parseIpv6, prefixOf } from "../src/wire/ipv6.ts";
import { parseSubnet } from "../src/wire/subnet.ts";

const address = parseIpv6("fd77::1");
const ipv6 = { address, prefix: prefixOf(address, 64) };
const plain: ServedInterface = {
  device: "eth0",
  address: parseIpv4("10.77.0.1"),
  subnet: parseSubnet("10.77.0.0/24"),
};
const both: ServedInterface = { ...plain, ipv6 };

describe("what is said of IPv6 on a link", () => {
  const rows = [
    {
      dhcp: "auto",
      mode: "full",
      link: both,
      want: "stateless",
      advert: { managed: false, other: true },
    },
    {
      dhcp: "auto",
      mode: "proxy",
      link: both,
      want: "off",
      advert: { managed: false, other: false },
    },
    {
      dhcp: "auto",
      mode: "full",
      link: plain,
      want: "off",
      advert: { managed: false, other: false },
    },
    {
      dhcp: "off",
      mode: "full",
      link: both,
      want: "off",
      advert: { managed: false, other: false },
    },
    {
      dhcp: "stateful",
      mode: "proxy",
      link: both,
      want: "stateful",
      advert: { managed: true, other: true, onLink: ipv6.prefix },
    },
    {
      dhcp: "stateful",
      mode: "full",
      link: plain,
      want: "off",
      advert: { managed: false, other: false },
    },
  ];
  it.each(rows)("ipv6.dhcp $dhcp in $mode mode: $want", ({ dhcp, mode, link, want, advert }) => {
    const config = ConfigSchema.parse({ ipv6: { dhcp }, dhcp: { mode } });
    expect(dhcp6ModeOf(config, link)).toBe(want);
    expect(advertOf(config, link)).toEqual(advert);
  });
});

describe("where TFTP and HTTP listen", () => {
  it.each([
    [true, ["fd77::1"]],
    [false, []],
  ])("with an IPv6 address that is ready (%s)", async (ready, six) => {
    const all = await listeningAddresses([both, plain], async () => ready);
    expect(all).toEqual([plain.address, plain.address, ...six]);
  });

  it("an address of this host is ready", async () => {
    expect(await waitUntilBindable(parseIpv6("::1"))).toBe(true);
  });
});
