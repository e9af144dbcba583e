import { expect, it } from "vitest";
import type { BootFact } from "../../src/boot/event.ts";
import { BootWatch } from "../../src/runtime/boot-watch.ts";
import { EventBus } from "../../src/runtime/event-bus.ts";
import { FindingBoard } from "../../src/runtime/finding-board.ts";
import { storyMac } from "../support/boot-story.ts";
import { FakeClock } from "../support/fake-clock.ts";

const load: BootFact = {
  ...{ kind: "tftp", outcome: "sent", file: "snponly.efi" },
  ...{ bytes: 1, ms: 1, blksize: 1468, windowsize: 4, retries: 0 },
};

function rig() {
  const clock = new FakeClock();
  const bus = new EventBus(clock);
  const board = new FindingBoard(bus.publish);
  const watch = new BootWatch({ clock, findings: board, subscribe: bus.subscribe.bind(bus) });
  const see = (fact: BootFact): void => bus.publish({ mac: storyMac, ...fact });
  return { clock, board, watch, see };
}

it("raises a loop as finding of its machine, and clears it when the machine gets further", () => {
  const { board, watch, see } = rig();
  for (let count = 0; count < 3; count += 1) see(load);
  expect(board.list()).toMatchObject([{ code: "boot.loop", subject: storyMac, mac: storyMac }]);
  expect(watch.historyOf(storyMac)).toMatchObject({ silentLoads: 3, loops: true });
  see({
    kind: "http",
    resource: "ipxe",
    method: "GET",
    path: "/ipxe",
    status: 200,
    bytes: 1,
    ms: 1,
  });
  expect(board.list()).toEqual([]);
});

it("clears it with any later event when its time is over", () => {
  const { clock, board, watch, see } = rig();
  for (let count = 0; count < 3; count += 1) see(load);
  clock.step(6 * 60_000);
  expect(watch.loopOf(storyMac)).toBeUndefined();
  see(load);
  expect(board.list()).toEqual([]);
});

it("knows nothing of a machine that it never saw, and stops with its subscription", () => {
  const { board, watch, see } = rig();
  expect(watch.historyOf(storyMac)).toBeUndefined();
  watch[Symbol.dispose]();
  for (let count = 0; count < 3; count += 1) see(load);
  expect(board.list()).toEqual([]);
});
