import { expect, it } from "vitest";
import { Lanes } from "../../src/http/lanes.ts";

it("lets so many go at a time, in their order, and one that fails makes room", async () => {
  const lanes = new Lanes(2);
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const runs = ends.map(({ promise }, at) =>
    lanes.run(async () => {
      begun.push(at);
      await promise;
      return at;
    }),
  );
  const settled = Promise.allSettled(runs);
  expect(begun).toEqual([0, 1]);
  ends[1]?.reject(new Error("no disk"));
  await expect(runs[1]).rejects.toThrow("no disk");
  expect(begun).toEqual([0, 1, 2]);
  for (const end of ends) end.resolve();
  await settled;
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  expect(await lanes.run(async () => "again")).toBe("again");
});
