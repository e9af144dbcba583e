import { expect, it } from "vitest";
import type { Lease, Offer } from "../../src/dhcp/lease.ts";
import { leaseStateAt } from "../../src/dhcp/lease.ts";
import { LeaseTable } from "../../src/dhcp/lease-table.ts";
import type { BindingKey } from "../../src/dhcp/request.ts";
import { ip } from "../support/dhcp-site.ts";

const ann = "ann" as BindingKey;
const bob = "bob" as BindingKey;
const lease = (at: string, key: BindingKey): Lease => ({
  address: ip(at),
  key,
  state: "bound",
  expires: 100,
  relayed: false,
});
const offer = (at: string, key: BindingKey): Offer => ({
  address: ip(at),
  key,
  since: 0,
  expires: 9,
});

it("takes an address from its former holder when another gets it", () => {
  const table = new LeaseTable([lease("10.0.0.1", ann), lease("10.0.0.2", ann)]);
  table.apply([{ kind: "lease", lease: lease("10.0.0.1", bob) }]);
  expect(table.leasesOf(ann).map((one) => one.address)).toEqual([ip("10.0.0.2")]);
  expect(table.leasesOf(bob).map((one) => one.address)).toEqual([ip("10.0.0.1")]);
  expect(table.all()).toHaveLength(2);
});

it("holds one offer for a client and one for an address", () => {
  const table = new LeaseTable();
  table.apply([{ kind: "offer", offer: offer("10.0.0.1", ann) }]);
  table.apply([{ kind: "offer", offer: offer("10.0.0.2", ann) }]);
  expect(table.offerAt(ip("10.0.0.1"))).toBeUndefined();
  table.apply([{ kind: "offer", offer: offer("10.0.0.2", bob) }]);
  expect(table.offerOf(ann)).toBeUndefined();
  table.apply([{ kind: "withdraw", address: ip("10.0.0.2") }]);
  expect(table.offerOf(bob)).toBeUndefined();
});

it("finds a lease by its name, until it has another", () => {
  const named = (hostname: string): Lease => ({ ...lease("10.0.0.1", ann), hostname });
  const table = new LeaseTable([named("old")]);
  expect(table.leaseNamed("old")?.hostname).toBe("old");
  table.apply([{ kind: "lease", lease: named("new") }]);
  expect(table.leaseNamed("old")).toBeUndefined();
  expect(table.leaseNamed("new")?.address).toBe(ip("10.0.0.1"));
});

it("gives a name back to its former holder with the leases that are taken back", () => {
  const before = { ...lease("10.0.0.1", ann), hostname: "node" };
  const after = { ...lease("10.0.0.2", bob), hostname: "node" };
  const order = [before.address, after.address];
  for (const addresses of [order, order.toReversed()]) {
    const table = new LeaseTable([before]);
    table.apply([
      { kind: "lease", lease: lease("10.0.0.1", ann) },
      { kind: "lease", lease: after },
    ]);
    expect(table.leaseNamed("node")).toEqual(after);
    for (const address of addresses) {
      table.restore(address, address === before.address ? before : undefined);
    }
    expect(table.leaseNamed("node")).toEqual(before);
    expect(table.all()).toEqual([before]);
  }
});

it("expires a bound lease at its very end, and no other", () => {
  expect(leaseStateAt(lease("10.0.0.1", ann), 99)).toBe("bound");
  expect(leaseStateAt(lease("10.0.0.1", ann), 100)).toBe("expired");
  expect(leaseStateAt({ ...lease("10.0.0.1", ann), state: "released" }, 100)).toBe("released");
});
