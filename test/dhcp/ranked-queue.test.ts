import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RankedQueue } from "../../src/dhcp/ranked-queue.ts";

describe("RankedQueue", () => {
  it("has the lowest rank first whatever was set, moved and taken out", () => {
    const step = fc.record({ item: fc.nat(20), rank: fc.option(fc.integer({ min: 1, max: 99 })) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const queue = new RankedQueue<number>();
        const plain = new Map<number, number>();
        for (const { item, rank } of steps) {
          if (rank === null) queue.delete(item);
          else queue.set(item, rank);
          if (rank === null) plain.delete(item);
          else plain.set(item, rank);
          const first = queue.first();
          const least = Math.min(...plain.values());
          expect(first?.rank).toBe(plain.size === 0 ? undefined : least);
          expect(first && plain.get(first.item)).toBe(first?.rank);
          expect([...queue.items()].sort()).toEqual([...plain.keys()].sort());
        }
      }),
    );
  });
});
