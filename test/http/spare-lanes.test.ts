import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { SpareLanes, spareWaitMs } from "../../src/http/spare-lanes.ts";
import { Transfers } from "../../src/http/transfers.ts";
import { FakeClock } from "../support/fake-clock.ts";

function rig() {
  const clock = new FakeClock();
  const transfers = new Transfers();
  const spare = new SpareLanes(transfers, clock);
  const ran: string[] = [];
  const start = async (name: string) => {
    void spare.run(async () => void ran.push(name));
    await nextTurn();
  };
  return { clock, transfers, ran, start };
}

it("runs at once while nothing is sent, and leaves no timer", async () => {
  const { clock, ran, start } = rig();
  await start("a");
  clock.step(spareWaitMs);
  await start("b");
  expect(ran).toEqual(["a", "b"]);
});

it("waits until the last transfer has ended", async () => {
  const { transfers, ran, start } = rig();
  const [first, second] = [transfers.begin(0), transfers.begin(0)];
  await start("a");
  first[Symbol.dispose]();
  await nextTurn();
  expect(ran).toEqual([]);
  second[Symbol.dispose]();
  await nextTurn();
  expect(ran).toEqual(["a"]);
});

it("waits no longer than its patience beside transfers without end", async () => {
  const { clock, transfers, ran, start } = rig();
  using _endless = transfers.begin(0);
  for (const name of ["a", "b"]) {
    await start(name);
    clock.step(spareWaitMs - 1);
    await nextTurn();
    expect(ran).not.toContain(name);
    clock.step(1);
    await nextTurn();
    expect(ran).toContain(name);
  }
  expect(ran).toEqual(["a", "b"]);
});
