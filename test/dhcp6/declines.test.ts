import { expect, it } from "vitest";
import { Declines, declineLimit } from "../../src/dhcp6/declines.ts";

it("counts each client's, and forgets the oldest", () => {
  const declines = new Declines();
  declines.add("first");
  declines.add("again");
  declines.add("again");
  expect([declines.of("first"), declines.of("again"), declines.of("never")]).toEqual([1, 2, 0]);
  for (let count = 0; count < declineLimit - 1; count += 1) declines.add(`other ${count}`);
  expect([declines.of("first"), declines.of("again")]).toEqual([0, 2]);
});
