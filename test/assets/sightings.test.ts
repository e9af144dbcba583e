import { describe, expect, it } from "vitest";
import { Sightings } from "../../src/assets/sightings.ts";

describe("a name", () => {
  const rows = [
    { name: "is new at first", at: [0], want: false },
    { name: "is known a moment later", at: [0, 1], want: true },
    { name: "is new again after the time", at: [0, 100], want: false },
    { name: "is known as long as it is asked for", at: [0, 60, 120], want: true },
  ];
  it.each(rows)("$name", ({ at, want }) => {
    const sightings = new Sightings(100);
    expect(at.map((now) => sightings.see("kernel", now)).at(-1)).toBe(want);
  });

  it("is forgotten after a thousand others, not before", () => {
    const sightings = new Sightings(100);
    for (const last of [1022, 1023]) {
      sightings.see("kernel", 0);
      for (let other = 0; other <= last; other += 1) sightings.see(`${last} ${other}`, 0);
      expect(sightings.see("kernel", 0)).toBe(last === 1022);
    }
  });
});
