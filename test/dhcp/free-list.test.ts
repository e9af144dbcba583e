import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FreeList, halfOpenMs, verdictMs } from "../../src/dhcp/free-list.ts";
import type { Lease, LeaseChange, LeaseView } from "../../src/dhcp/lease.ts";
import { LeaseTable } from "../../src/dhcp/lease-table.ts";
import { formPoolSpace } from "../../src/dhcp/pool-space.ts";
import type { BindingKey } from "../../src/dhcp/request.ts";
import { addToIpv4, type Ipv4Address } from "../../src/wire/ipv4.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { ip, noon, scope } from "../support/dhcp-site.ts";

const graceSeconds = 3600;
const key = (number: number) => `key-${number}` as BindingKey;

function open(size: number, table = new LeaseTable(), view: LeaseView = table) {
  const first = ip("10.64.0.1");
  const pools = [{ first, last: addToIpv4(first, size - 1) }];
  const wide = { ...scope, subnet: parseSubnet("10.64.0.0/10"), pools };
  const space = formPoolSpace(wide, { own: [], isReserved: () => false });
  const source = { space, leases: view, all: table.all(), offers: table.offers(), graceSeconds };
  const list = new FreeList(source);
  const apply = (change: LeaseChange) => {
    table.apply([change]);
    if (change.kind === "lease") list.leased(change.lease.address);
    else if (change.kind === "offer") list.offer(change.offer);
    else list.withdraw(change.address);
  };
  return { list, table, apply, space, at: (index: number) => addToIpv4(first, index) };
}

/** How good an address is for a newcomer, by the promise; undefined when it must not be given. */
function rankOf(
  address: Ipv4Address,
  table: LeaseTable,
  checked: Map<Ipv4Address, number>,
  now: number,
) {
  const [lease, offer] = [table.leaseAt(address), table.offerAt(address)];
  if (offer && offer.expires > now) {
    const taken = lease?.state === "bound" && lease.expires > offer.since;
    return taken || offer.since + halfOpenMs > now ? undefined : [4, offer.since];
  }
  if (lease === undefined) return [0, (checked.get(address) ?? 0) > now ? 0 : 1];
  if (lease.state === "released") return [1, lease.expires];
  if (lease.expires > now) return undefined;
  return lease.state === "bound" ? [1, lease.expires + graceSeconds * 1000] : [2, lease.expires];
}

type StepOf<A> = A extends fc.Arbitrary<infer T> ? T : never;

const lesser = (a: number[], b: number[]) => (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0);

describe("FreeList", () => {
  it("chooses what a look at every address would, and something whenever there is something", () => {
    const at = fc.nat(2);
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("lease"),
        at,
        state: fc.constantFrom("bound", "released", "declined"),
        seconds: fc.constantFrom(5, 60, 4000, 90_000),
      }),
      fc.record({ kind: fc.constant("offer"), at, by: fc.nat(4) }),
      fc.record({ kind: fc.constant("withdraw"), at }),
      fc.record({ kind: fc.constant("silent"), at }),
      fc.record({
        kind: fc.constant("wait"),
        ms: fc.constantFrom(1, 9999, 10_000, 60_000, 700_000, 5_000_000),
      }),
    );
    const run = (steps: readonly StepOf<typeof step>[], start: number) => {
      const { list, table, apply, at: place } = open(3);
      const checked = new Map<Ipv4Address, number>();
      let now = noon;
      for (const one of steps) {
        const address = place("at" in one ? one.at : 0);
        if (one.kind === "wait") now += one.ms;
        else if (one.kind === "silent") {
          list.foundSilent(address, now);
          checked.set(address, now + verdictMs);
        } else if (one.kind === "withdraw") apply({ kind: "withdraw", address });
        else if (one.kind === "offer") {
          const offer = { address, key: key(one.by), since: now, expires: now + 60_000 };
          apply({ kind: "offer", offer });
        } else {
          const expires = one.state === "released" ? now : now + one.seconds * 1000;
          const state = one.state as Lease["state"];
          apply({ kind: "lease", lease: { address, key: key(9), state, expires, relayed: false } });
        }
        const ranks = Array.from({ length: 3 }, (_, index) =>
          rankOf(place(index), table, checked, now),
        );
        const best = ranks.filter((rank) => rank !== undefined).sort(lesser)[0];
        const chosen = list.choose(start, now);
        const got = chosen && rankOf(chosen, table, checked, now);
        expect([chosen !== undefined, got]).toEqual([best !== undefined, best]);
      }
    };
    fc.assert(fc.property(fc.array(step, { maxLength: 40, size: "max" }), fc.nat(100), run), {
      numRuns: 500,
    });
  });

  it("never gives a lease that runs again because the clock was set back", () => {
    const { list, apply, at } = open(1);
    const lease: Lease = {
      address: at(0),
      key: key(1),
      state: "bound",
      expires: noon,
      relayed: false,
    };
    apply({ kind: "lease", lease });
    expect(list.choose(0, noon + graceSeconds * 1000)).toBe(at(0));
    expect(list.choose(0, noon - 1000)).toBeUndefined();
  });

  it("looks at few leases for a choice, a grant and an end, in a pool of 65,000 that is full", () => {
    const table = new LeaseTable();
    const size = 65_000;
    for (let index = 0; index < size; index += 1) {
      const address = addToIpv4(ip("10.64.0.1"), index);
      const expires = noon + index;
      table.apply([
        {
          kind: "lease",
          lease: { address, key: key(index), state: "bound", expires, relayed: false },
        },
      ]);
    }
    let looks = 0;
    const counted: LeaseView = {
      ...table,
      leaseAt: (address) => {
        looks += 1;
        return table.leaseAt(address);
      },
    };
    const { list, apply, at } = open(size, table, counted);
    looks = 0;
    expect(list.choose(7, noon - 1)).toBeUndefined();
    apply({
      kind: "lease",
      lease: { address: at(500), key: key(1), state: "released", expires: noon, relayed: false },
    });
    expect(list.choose(7, noon - 1)).toBe(at(500));
    apply({
      kind: "lease",
      lease: {
        address: at(500),
        key: key(1),
        state: "bound",
        expires: noon + size,
        relayed: false,
      },
    });
    expect(list.choose(7, noon)).toBe(at(0)); // the one that just ended, within grace
    expect(looks).toBeLessThan(10);
    expect(list.taken(noon)).toBe(list.usable - 1);
  });

  it("offers each address once to a crowd, starting where each one's key falls", () => {
    const { list, apply, space } = open(1000);
    const given = new Set<Ipv4Address>();
    for (let number = 0; number < list.usable; number += 1) {
      const address = list.choose(number * 7919, noon);
      if (address === undefined) throw new Error(`none left after ${number}`);
      given.add(address);
      const offer = { address, key: key(number), since: noon, expires: noon + 60_000 };
      apply({ kind: "offer", offer });
    }
    expect(given.size).toBe(list.usable);
    expect([...given].every(space.isUsable)).toBe(true);
    expect(list.choose(0, noon)).toBeUndefined();
  });

  it("goes through the unchecked ones, and on to what was used", () => {
    const { list, apply, at } = open(3);
    apply({
      kind: "lease",
      lease: { address: at(1), key: key(1), state: "released", expires: noon, relayed: false },
    });
    const asked = [0, 1, 2].map(() => {
      const address = list.nextUnchecked(noon);
      if (address !== undefined) list.foundSilent(address, noon);
      return address;
    });
    expect(asked).toEqual([at(0), at(2), at(1)]);
    expect(list.nextUnchecked(noon)).toBeUndefined();
    expect([list.reserve(noon), list.reserve(noon + verdictMs)]).toEqual([3, 0]);
  });
});
