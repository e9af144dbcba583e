import { describe, expect, it } from "vitest";
import { describeRenewal, planRenewal } from "../../src/installer/renewal.ts";

const now = Date.UTC(2026, 10, 30);
const inDays = (days: number) => now + days * 86_400_000;

describe("planRenewal", () => {
  it.each([
    { kind: "leaf", days: 91, state: "good" },
    { kind: "leaf", days: 90, state: "due" },
    { kind: "leaf", days: 0, state: "expired" },
    { kind: "authority", days: 366, state: "good" },
    { kind: "authority", days: 365, state: "due" },
    { kind: "authority", days: -1, state: "expired" },
  ] as const)("a $kind that ends in $days days is $state", ({ kind, days, state }) => {
    const [renewal] = planRenewal([{ key: "x", kind, notAfter: inDays(days) }], now);
    expect(renewal?.state).toBe(state);
  });

  it("tells the nearest end first", () => {
    const held = [20, 5, 10].map((days) => {
      return { key: `${days}`, kind: "leaf", notAfter: inDays(days) } as const;
    });
    expect(planRenewal(held, now).map(({ key }) => key)).toEqual(["5", "10", "20"]);
  });
});

describe("describeRenewal", () => {
  const told = (kind: "leaf" | "authority", days: number) => {
    const [renewal] = planRenewal([{ key: "etcd", kind, notAfter: inDays(days) }], now);
    return renewal && describeRenewal("prod", renewal);
  };
  it.each([
    { kind: "leaf", days: 200, want: undefined },
    { kind: "leaf", days: 30, want: /^cluster prod: the certificate etcd expires on 2026-12-30: / },
    { kind: "leaf", days: -1, want: /has expired on 2026-11-29: render with --renew/ },
    { kind: "authority", days: 30, want: /the authority etcd expires on .*: plan a new authority/ },
  ] as const)("$kind in $days days", ({ kind, days, want }) => {
    if (want === undefined) expect(told(kind, days)).toBeUndefined();
    else expect(told(kind, days)).toMatch(want);
  });
});
