import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCluster } from "../../src/installer/cluster-document.ts";
import { judge } from "../../src/installer/validation.ts";
import { Validations } from "../../src/installer/validations/table.ts";
import { ClusterNames, clusterText, fakeFile, goodSite } from "../support/cluster.ts";

const pieces = [
  "",
  "x",
  "0",
  "-1",
  "[]",
  "{}",
  "null",
  '""',
  "&a",
  "*a",
  "<<: *a",
  ": ",
  "\n",
  "  ",
  "10.0.0.0/33",
];

/** A description with some of it cut out and something else put there. */
const damaged = fc
  .tuple(
    fc.constantFrom(...ClusterNames),
    fc.array(fc.tuple(fc.nat(2_000), fc.nat(30), fc.constantFrom(...pieces)), { maxLength: 4 }),
  )
  .map(([name, cuts]) =>
    cuts.reduce((text, [at, length, piece]) => {
      const start = at % text.length;
      return `${text.slice(0, start)}${piece}${text.slice(start + length)}`;
    }, clusterText(name)),
  );

describe("a damaged description", () => {
  it("is told with places inside it, or judged; nothing is thrown", () => {
    fc.assert(
      fc.property(damaged, (text) => {
        const reading = parseCluster(text, fakeFile);
        if (reading.kind === "valid") {
          for (const { path } of judge(Validations, reading.cluster, goodSite).findings) {
            expect(reading.placeOf(path).line).toBeGreaterThan(0);
          }
          return;
        }
        expect(reading.problems.length).toBeGreaterThan(0);
        const lines = text.split("\n").length;
        for (const { line, message } of reading.problems) {
          expect(line).toBeLessThanOrEqual(lines);
          expect(message).not.toBe("");
        }
      }),
      { numRuns: 400 },
    );
  });
});
