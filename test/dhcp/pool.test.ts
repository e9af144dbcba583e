import { describe, expect, it } from "vitest";
import { abandonedKey } from "../../src/dhcp/conflict.ts";
import type { Lease } from "../../src/dhcp/lease.ts";
import { LeaseTable } from "../../src/dhcp/lease-table.ts";
import { chooseAddress } from "../../src/dhcp/pool.ts";
import type { BindingKey } from "../../src/dhcp/request.ts";
import type { DhcpScope } from "../../src/dhcp/settings.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { clientMac, requestOf } from "../support/dhcp-message.ts";
import { contextOf, ip, noon, scope } from "../support/dhcp-site.ts";

const stranger = requestOf({ mac: "52:54:00:00:00:01" }).key;
const hour = 3_600_000;

function choose(parts: {
  pools: string;
  scope?: Partial<DhcpScope>;
  leases?: readonly (Pick<Lease, "state" | "expires"> & { at: string; key?: BindingKey })[];
  offers?: readonly { at: string; since: number }[];
  reserved?: string;
  requested?: string;
}): string {
  const pools = parts.pools.split(" ").map((range) => {
    const [first = "", last = first] = range.split("-");
    return { first: ip(first), last: ip(last) };
  });
  const leases = new LeaseTable();
  for (const { at, ...rest } of parts.leases ?? []) {
    const lease = { address: ip(at), key: stranger, relayed: false, ...rest };
    leases.apply([{ kind: "lease", lease }]);
  }
  for (const { at, since } of parts.offers ?? []) {
    const offer = { address: ip(at), key: stranger, since, expires: since + 60_000 };
    leases.apply([{ kind: "offer", offer }]);
  }
  const reservations = parts.reserved
    ? [{ address: ip(parts.reserved), mac: parseMac("52:54:00:00:00:02") }]
    : [];
  const context = contextOf({ leases, settings: { reservations } });
  const here = { ...context, scope: { ...scope, ...parts.scope, pools } };
  const choice = chooseAddress(
    requestOf({ ...(parts.requested && { requested: parts.requested }) }),
    here,
  );
  return choice.kind === "address" ? formatIpv4(choice.address) : choice.reason;
}

describe("chooseAddress", () => {
  const never: { name: string; pools: string; scope?: Partial<DhcpScope>; reserved?: string }[] = [
    { name: "the network's address", pools: "10.77.0.0" },
    { name: "the broadcast address", pools: "10.77.0.255" },
    { name: "our own", pools: "10.77.0.1" },
    { name: "the router", pools: "10.77.0.254" },
    { name: "a name server", pools: "10.77.0.9", scope: { dns: [ip("10.77.0.9")] } },
    {
      name: "an excluded one",
      pools: "10.77.0.9",
      scope: { excluded: [{ first: ip("10.77.0.8"), last: ip("10.77.0.9") }] },
    },
    { name: "one reserved for another", pools: "10.77.0.9", reserved: "10.77.0.9" },
    { name: "one outside the subnet", pools: "10.78.0.9" },
    {
      name: "a .255 inside a wider subnet",
      pools: "10.77.0.255",
      scope: { subnet: parseSubnet("10.76.0.0/15") },
    },
  ];
  it.each(never)("never takes $name", ({ pools, ...rest }) => {
    expect(choose({ pools, ...rest })).toBe("pool-exhausted");
    expect(choose({ pools, ...rest, requested: pools })).toBe("pool-exhausted");
    expect(choose({ pools: `${pools} 10.77.0.50`, ...rest })).toBe("10.77.0.50");
  });

  it("finds the one free address wherever it is in several pools", () => {
    const bound = { state: "bound", expires: noon + hour } as const;
    const all = ["10.77.0.10", "10.77.0.11", "10.77.0.30", "10.77.0.31"];
    for (const free of all) {
      const leases = all.filter((at) => at !== free).map((at) => ({ at, ...bound }));
      expect(choose({ pools: "10.77.0.10-10.77.0.11 10.77.0.30-10.77.0.31", leases })).toBe(free);
    }
  });

  const ended = (at: string, ago: number) => ({ at, state: "bound", expires: noon - ago }) as const;
  const two = "10.77.0.10-10.77.0.11";

  it("takes what nobody ever had before what has been free the longest", () => {
    expect(choose({ pools: two, leases: [ended("10.77.0.10", 99 * hour)] })).toBe("10.77.0.11");
    const both = [ended("10.77.0.10", 5 * hour), ended("10.77.0.11", 9 * hour)];
    expect(choose({ pools: two, leases: both })).toBe("10.77.0.11");
  });

  it("passes over a lease that ended within grace until nothing else is left", () => {
    const leases = [ended("10.77.0.10", 1000)];
    expect(choose({ pools: two, leases, requested: "10.77.0.10" })).toBe("10.77.0.11");
    expect(choose({ pools: "10.77.0.10", leases })).toBe("10.77.0.10");
  });

  it("takes back another's open offer only after 10 s and only when nothing else is left", () => {
    const offers = [{ at: "10.77.0.10", since: noon - 10_000 }];
    expect(choose({ pools: two, offers })).toBe("10.77.0.11");
    expect(choose({ pools: "10.77.0.10", offers })).toBe("10.77.0.10");
    expect(
      choose({ pools: "10.77.0.10", offers: [{ at: "10.77.0.10", since: noon - 9_999 }] }),
    ).toBe("pool-exhausted");
  });

  it("never takes a running lease or a declined address", () => {
    const bound = { at: "10.77.0.10", state: "bound", expires: noon + 1 } as const;
    const declined = { at: "10.77.0.11", state: "declined", expires: noon + 1 } as const;
    expect(choose({ pools: two, leases: [bound, declined] })).toBe("pool-exhausted");
  });

  it("gives an address that a machine was found on to that machine and to no other", () => {
    const pools = "10.77.0.10-10.77.0.11";
    const found = (mac: string) => {
      const key = abandonedKey(requestOf({ mac }).key);
      const expires = noon + hour;
      return { at: "10.77.0.10", key, state: "declined", expires } as const;
    };
    const asks = { pools, requested: "10.77.0.10" };
    expect(choose({ ...asks, leases: [found(clientMac)] })).toBe("10.77.0.10");
    expect(choose({ ...asks, leases: [found("52:54:00:00:00:01")] })).toBe("10.77.0.11");
  });

  it("gives a machine the same address from an empty table every time", () => {
    const pools = "10.77.0.100-10.77.0.199";
    expect(choose({ pools })).toBe(choose({ pools }));
  });
});
