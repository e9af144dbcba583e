import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/boot/finding.ts";
import type { ProbeAnswer } from "../../src/dhcp/conflict.ts";
import type { LeaseChange } from "../../src/dhcp/lease.ts";
import { LeaseTable } from "../../src/dhcp/lease-table.ts";
import { PoolBook } from "../../src/dhcp/pool-book.ts";
import { PoolKeeper } from "../../src/dhcp/pool-keeper.ts";
import { bookReservations } from "../../src/dhcp/reservations.ts";
import type { DhcpSettings } from "../../src/dhcp/settings.ts";
import type { Log } from "../../src/runtime/log.ts";
import { formatIpv4, type Ipv4Address } from "../../src/wire/ipv4.ts";
import { type MacAddress, parseMac } from "../../src/wire/mac.ts";
import { clientMac, requestOf } from "../support/dhcp-message.ts";
import { ip, noon, scope, settings } from "../support/dhcp-site.ts";
import { lease, otherMac } from "../support/dhcp-world.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** A link where `inUse` answer, and a keeper of the pool .100 to .199 on it. */
function start(parts: Partial<DhcpSettings> = {}) {
  const inUse = new Map<Ipv4Address, string>();
  const asked: string[] = [];
  const forgotten: string[] = [];
  const held = new Map<string, Finding>();
  const link = { gives: true };
  const heard: ((address: Ipv4Address, by: MacAddress) => void)[] = [];
  const clock = new FakeClock(noon);
  const table = new LeaseTable();
  const merged = { ...settings, ...parts };
  const { graceSeconds, poolGuard: limits } = merged;
  const reservations = bookReservations([]);
  const pools = new PoolBook({ table, reservations, own: [], graceSeconds, limits });
  const keep = (changes: readonly LeaseChange[]) => {
    table.apply(changes);
    pools.apply(changes);
  };
  const probe = async (address: Ipv4Address): Promise<ProbeAnswer> => {
    asked.push(formatIpv4(address));
    const by = inUse.get(address);
    return by === undefined ? { kind: "silent" } : { kind: "answered", by: parseMac(by) };
  };
  const quiet = () => {};
  const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet, child: () => log };
  const keeper = new PoolKeeper({
    clock,
    log,
    table,
    keep,
    prober: {
      probe,
      forget: (address) => void forgotten.push(formatIpv4(address)),
      overhear: (listener) => void heard.push(listener),
      [Symbol.asyncDispose]: async () => {},
    },
    findings: {
      raise: (finding) => void held.set(`${finding.code} ${finding.subject}`, finding),
      clear: ({ code, subject }) => void held.delete(`${code} ${subject}`),
    },
    gives: () => link.gives,
    current: () => ({ settings: merged, pools }),
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const wait = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      clock.step(1000);
      await settle();
    }
  };
  const offer = (at: string, mac = clientMac) => {
    const { key } = requestOf({ mac });
    const now = clock.now();
    const change = { address: ip(at), key, since: now, expires: now + 60_000 };
    keep([{ kind: "offer", offer: change }]);
    keeper.decided([{ kind: "offer", offer: change }]);
  };
  return {
    keeper,
    link,
    heard,
    forgotten,
    inUse,
    asked,
    held,
    table,
    pools,
    keep,
    clock,
    settle,
    wait,
    offer,
  };
}

const taken = ip("10.77.0.105");

describe("PoolKeeper", () => {
  it("asks fast until its reserve is there, then slowly, and goes round the whole pool", async () => {
    const { keeper, asked, wait } = start();
    using _ = keeper;
    keeper.start();
    await wait(2);
    expect(asked).toHaveLength(32);
    await wait(1);
    expect(asked).toHaveLength(33);
    await wait(70);
    expect(new Set(asked).size).toBe(100);
  });

  it("asks about nothing ahead of time while no address is given, and goes on when it is", async () => {
    const { keeper, link, asked, wait } = start();
    using _ = keeper;
    keeper.start();
    await wait(1);
    link.gives = false;
    await wait(100);
    expect(asked).toHaveLength(16);
    link.gives = true;
    await wait(1);
    expect(asked).toHaveLength(32);
  });

  it("takes an address that is in use out, says so, and gives it back when it falls silent", async () => {
    const { keeper, inUse, held, pools, table, wait, clock } = start();
    using _ = keeper;
    inUse.set(taken, otherMac);
    keeper.start();
    await wait(10);
    expect([...held.keys()]).toEqual(["dhcp.address-conflict 10.77.0.105"]);
    expect(table.leaseAt(taken)).toMatchObject({ state: "declined", mac: otherMac });
    const offered = Array.from({ length: 200 }, (_, hash) =>
      pools.listOf(scope).choose(hash, clock.now()),
    );
    expect(offered).not.toContain(taken);
    inUse.clear();
    await wait(60);
    expect(held.size).toBe(0);
    expect(table.leaseAt(taken)?.state).toBe("released");
  });

  it("asks about an offered address that was not checked, and takes the offer back", async () => {
    const { inUse, asked, held, table, settle, offer } = start();
    inUse.set(taken, otherMac);
    offer("10.77.0.105");
    await settle();
    expect(asked).toEqual(["10.77.0.105"]);
    expect(table.offerAt(taken)).toBeUndefined();
    expect(held.size).toBe(1);
  });

  it("asks nothing about a checked address, or about a machine's own", async () => {
    const { keep, pools, asked, settle, offer, clock } = start();
    pools.listOf(scope).foundSilent(taken, clock.now());
    offer("10.77.0.105");
    keep([{ kind: "lease", lease: lease({ at: "10.77.0.106" }) }]);
    offer("10.77.0.106");
    await settle();
    expect(asked).toEqual([]);
  });

  it("RFC 5227 §2.1.1: asks no further when a client has the address and asks itself", () => {
    const { keeper, offer, forgotten } = start();
    using _ = keeper;
    offer("10.77.0.105");
    expect(forgotten).toEqual([]);
    keeper.decided([{ kind: "lease", lease: lease({ at: "10.77.0.105", state: "released" }) }]);
    expect(forgotten).toEqual([]);
    keeper.decided([{ kind: "lease", lease: lease({ at: "10.77.0.105" }) }]);
    expect(forgotten).toEqual(["10.77.0.105"]);
  });

  it("notices who speaks from an offered address, and no more than that", () => {
    const { keeper, heard, table, held, offer } = start();
    using _ = keeper;
    keeper.start();
    heard[0]?.(ip("10.77.0.106"), parseMac(otherMac));
    offer("10.77.0.105");
    heard[0]?.(taken, parseMac(clientMac));
    expect([table.offerAt(taken)?.key, held.size]).toEqual([clientMac, 0]);
    heard[0]?.(taken, parseMac(otherMac));
    expect([table.offerAt(taken), held.size]).toEqual([undefined, 1]);
  });

  it("leaves the offer of a machine that answers for itself", async () => {
    const { inUse, table, held, settle, offer } = start();
    inUse.set(taken, clientMac);
    offer("10.77.0.105");
    await settle();
    expect([table.offerAt(taken)?.key, held.size]).toEqual([clientMac, 0]);
  });

  it("tells of an address that a client declined, with the MAC when somebody answers", async () => {
    const { keeper, keep, inUse, held, settle } = start();
    inUse.set(taken, otherMac);
    const change = {
      kind: "lease",
      lease: lease({ at: "10.77.0.105", state: "declined" }),
    } as const;
    keep([change]);
    keeper.decided([change]);
    const first = held.get("dhcp.address-conflict 10.77.0.105");
    expect(first?.mac).toBeUndefined();
    await settle();
    expect(held.get("dhcp.address-conflict 10.77.0.105")?.mac).toBe(otherMac);
  });

  it("says that a pool runs low, then out, and clears both when leases end", async () => {
    const { keeper, keep, held, wait } = start();
    using _ = keeper;
    keeper.start();
    for (let number = 100; number < 200; number += 1) {
      const of = `02:00:00:00:00:${(number - 100).toString(16).padStart(2, "0")}`;
      keep([
        { kind: "lease", lease: lease({ at: `10.77.0.${number}`, of, expires: noon + 9000 }) },
      ]);
    }
    await wait(1);
    expect([...held.keys()]).toEqual(["dhcp.pool-low 10.77.0.0/24"]);
    keeper.refused(ip("10.77.0.1"));
    expect([...held.keys()]).toContain("dhcp.pool-exhausted 10.77.0.0/24");
    await wait(9);
    expect(held.size).toBe(0);
  });

  it("asks nothing where probing is off", async () => {
    const { keeper, asked, wait, offer } = start({
      poolGuard: { ...settings.poolGuard, conflictProbe: "off" },
    });
    using _ = keeper;
    keeper.start();
    offer("10.77.0.105");
    await wait(3);
    expect(asked).toEqual([]);
  });
});
