import { describe, expect, it } from "vitest";
import { parseMac } from "../../src/wire/mac.ts";
import { requestOf } from "../support/dhcp-message.ts";
import { contextOf, ip, noon, scope, settings } from "../support/dhcp-site.ts";

const own = requestOf({}).key;

describe("PoolBook", () => {
  it("keeps reservations and our own address out of every scope's list", () => {
    const pools = [{ first: ip("10.77.0.1"), last: ip("10.77.0.3") }];
    const small = { ...scope, pools };
    const reservations = [{ address: ip("10.77.0.2"), mac: parseMac("52:54:00:77:00:20") }];
    const { free } = contextOf({ settings: { scopes: [small], reservations } });
    expect(free.choose(small, { key: own, hash: 0, now: noon })).toBe(ip("10.77.0.3"));
  });

  it("has one list for what a class of clients sees of a scope, however often it is made", () => {
    const { free } = contextOf();
    const seen = () => ({
      ...scope,
      pools: [{ first: ip("10.77.0.150"), last: ip("10.77.0.160") }],
    });
    const list = free.listOf(seen());
    expect(free.listOf(seen())).toBe(list);
    expect(free.listOf(scope)).not.toBe(list);
  });

  it("slows newcomers in a pool that is nearly full, and tells the two refusals apart", () => {
    const pools = [{ first: ip("10.77.0.100"), last: ip("10.77.0.119") }];
    const poolGuard = { ...settings.poolGuard, newMachinesPerMinute: 1 };
    const context = contextOf({ settings: { scopes: [{ ...scope, pools }], poolGuard } });
    const small = { ...scope, pools };
    const ask = (number: number) => {
      const { key } = requestOf({ mac: `02:00:00:00:00:${10 + number}` });
      const found = context.free.choose(small, { key, hash: number, now: noon });
      if (typeof found === "string") return found;
      const offer = { address: found, key, since: noon, expires: noon + 60_000 };
      context.leases.apply([{ kind: "offer", offer }]);
      context.free.apply([{ kind: "offer", offer }]);
      return "offered";
    };
    const all = Array.from({ length: 20 }, (_, number) => ask(number));
    expect(all).toEqual([...Array(19).fill("offered"), "too-many-new-machines"]);
    const full = { ...scope, pools: [] };
    expect(context.free.choose(full, { key: own, hash: 0, now: noon })).toBe("pool-exhausted");
  });
});
