import { describe, expect, it } from "vitest";
import { formPoolSpace } from "../../src/dhcp/pool-space.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { ip, scope } from "../support/dhcp-site.ts";

const range = (first: string, last: string) => ({ first: ip(first), last: ip(last) });
const none = { own: [], isReserved: () => false };

describe("formPoolSpace", () => {
  it("numbers each address once, though ranges overlap, lie apart or leave the subnet", () => {
    const pools = [
      range("10.77.0.20", "10.77.0.21"),
      range("10.77.0.10", "10.77.0.12"),
      range("10.77.0.11", "10.77.0.13"),
      range("10.77.0.254", "10.77.1.9"),
    ];
    const space = formPoolSpace({ ...scope, pools }, none);
    const all = Array.from({ length: space.size }, (_, index) => space.addressAt(index));
    expect(all.map((address) => address & 255)).toEqual([10, 11, 12, 13, 20, 21, 254, 255]);
    expect(all.map(space.indexOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(space.indexOf(ip("10.77.0.14"))).toBeUndefined();
  });

  it.each([
    {
      name: "network, broadcast, .0 and .255 of a wider one",
      subnet: "10.76.0.0/15",
      at: "10.77.0.255",
    },
    { name: "our own address on any link", at: "10.77.0.1" },
    { name: "the router", at: "10.77.0.254" },
    { name: "a reservation", at: "10.77.0.7" },
  ])("leaves out $name", ({ subnet = "10.77.0.0/24", at }) => {
    const wide = {
      ...scope,
      subnet: parseSubnet(subnet),
      pools: [range("10.77.0.0", "10.77.0.255")],
    };
    const isReserved = (address: number) => address === ip("10.77.0.7");
    const space = formPoolSpace(wide, { own: [ip("10.77.0.1")], isReserved });
    expect(space.isUsable(ip(at))).toBe(false);
    expect([formatIpv4(space.addressAt(8)), space.isUsable(ip("10.77.0.8"))]).toEqual([
      "10.77.0.8",
      true,
    ]);
  });
});
