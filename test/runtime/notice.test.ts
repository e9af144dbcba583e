import { expect, it } from "vitest";
import { Notice, noticeEveryMs } from "../../src/runtime/notice.ts";

it("is told at once, then with how often it happened meanwhile, and when the clock is set back", () => {
  let now = 1e12;
  const notice = new Notice(() => now);
  expect(notice.happened()).toBe(1);
  expect(notice.happened()).toBeUndefined();
  now += noticeEveryMs - 1;
  expect(notice.happened()).toBeUndefined();
  now += 1;
  expect(notice.happened()).toBe(3);
  now -= 3_600_000;
  expect(notice.happened()).toBe(1);
});
