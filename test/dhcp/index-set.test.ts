import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IndexSet } from "../../src/dhcp/index-set.ts";

describe("IndexSet", () => {
  it("finds the next member going round, as a plain set does", () => {
    const step = fc.record({ add: fc.boolean(), at: fc.nat(2999), from: fc.nat(2999) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const set = new IndexSet(3000);
        const plain = new Set<number>();
        for (const { add, at, from } of steps) {
          if (add) set.add(at);
          else set.delete(at);
          if (add) plain.add(at);
          else plain.delete(at);
          const sorted = [...plain].sort((a, b) => a - b);
          expect(set.nextFrom(from)).toBe(sorted.find((one) => one >= from) ?? sorted[0]);
          expect(set.has(at)).toBe(add);
        }
      }),
    );
  });

  it.each([0, 1, 31, 32, 33, 1024, 1025, 65_536, 65_537])("holds both ends of %i", (size) => {
    const set = new IndexSet(size);
    expect(set.nextFrom(0)).toBeUndefined();
    if (size === 0) return;
    set.add(size - 1);
    expect(set.nextFrom(0)).toBe(size - 1);
    set.add(0);
    set.delete(size - 1);
    expect(set.nextFrom(size - 1)).toBe(size === 1 ? undefined : 0);
  });
});
