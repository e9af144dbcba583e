import { describe, expect, it } from "vitest";
import {
  decideInstall,
  followInstall,
  type Install,
  type InstallStage,
  type InstallWish,
  installWish,
} from "../../src/boot/install.ts";
import type { JsonValue } from "../../src/boot/json-value.ts";

const minute = 60_000;
const now = 100 * minute;
const once: InstallWish = { kind: "once", generation: "2" };
const known = (stage: InstallStage, ...startsAgo: number[]): Install => ({
  ...{ generation: "2", stage, at: now - minute },
  starts: startsAgo.map((minutes) => now - minutes * minute),
});

describe("installWish", () => {
  const rows: readonly { ours?: JsonValue; want: InstallWish }[] = [
    { want: { kind: "none" } },
    { ours: {}, want: { kind: "none" } },
    { ours: { install: "2026-11.a" }, want: { kind: "once", generation: "2026-11.a" } },
    { ours: { install: 7 }, want: { kind: "once", generation: "7" } },
    { ours: { install: "" }, want: { kind: "malformed" } },
    { ours: { install: true }, want: { kind: "malformed" } },
    { ours: { install: "a b" }, want: { kind: "malformed" } },
    { ours: { install: null }, want: { kind: "malformed" } },
    { ours: "once", want: { kind: "malformed" } },
    { ours: [], want: { kind: "malformed" } },
  ];
  it.each(rows)("reads metadata.kindling $ours as $want", ({ ours, want }) => {
    const metadata = ours === undefined ? { other: 1 } : { kindling: ours };
    expect(installWish({ metadata })).toEqual(want);
  });
});

describe("decideInstall", () => {
  const rows: readonly {
    name: string;
    wish?: InstallWish;
    before?: Install;
    want: unknown;
    starts?: number;
  }[] = [
    {
      name: "no wish, whatever was",
      wish: { kind: "none" },
      before: known("installed", 1),
      want: "boot no-install",
    },
    { name: "a wish that is no word", wish: { kind: "malformed" }, want: "hold malformed-wish" },
    { name: "a machine never seen", want: "install new-generation", starts: 1 },
    {
      name: "a machine that was installed by an older wish",
      before: { ...known("up", 5), generation: "1" },
      want: "install new-generation",
      starts: 1,
    },
    {
      name: "an older wish that went round in a loop",
      before: { ...known("failed", 5, 3), generation: "1" },
      want: "install new-generation",
      starts: 1,
    },
    { name: "an installed machine", before: known("installed", 10), want: "local-disk installed" },
    {
      name: "an installed machine that is up",
      before: known("up", 9000),
      want: "local-disk installed",
    },
    {
      name: "a script asked for twice in a minute",
      before: known("offered", 0.5),
      want: "install same-try",
    },
    {
      name: "a script asked for a while later",
      before: known("offered", 2),
      want: "install again",
      starts: 2,
    },
    {
      name: "an installer that came back within a minute",
      before: known("installing", 0.5),
      want: "install again",
      starts: 2,
    },
    {
      name: "an installation that failed",
      before: known("failed", 5),
      want: "install again",
      starts: 2,
    },
    {
      name: "a third try within 20 minutes",
      before: known("installing", 15, 7),
      want: "hold install-loop",
    },
    {
      name: "a third try of one that failed",
      before: known("failed", 19, 7),
      want: "hold install-loop",
    },
    {
      name: "a third try when the first is 20 minutes old",
      before: known("failed", 20, 7),
      want: "install again",
      starts: 3,
    },
    {
      name: "tries ahead of a clock that was set back",
      before: known("failed", -5, -1),
      want: "hold install-loop",
    },
  ];
  it.each(rows)("$name: $want", ({ wish = once, before, want, starts }) => {
    const decision = decideInstall(wish, before, now);
    expect(`${decision.kind} ${decision.reason}`).toBe(want);
    const next = decision.kind === "install" ? decision.next : undefined;
    expect(next?.starts.length).toBe(starts);
    if (next) expect(next).toMatchObject({ generation: "2", stage: "offered", at: now });
  });

  it("keeps few tries of a machine that goes on for days", () => {
    let install = known("failed", 60);
    for (let day = 0; day < 50; day++) {
      const decision = decideInstall(once, install, now + day * 25 * minute);
      if (decision.kind !== "install" || decision.next === undefined) throw new Error("no next");
      install = { ...decision.next, stage: "failed" };
    }
    expect(install.starts.length).toBe(8);
  });
});

describe("followInstall", () => {
  const rows: readonly [before: InstallStage | undefined, word: string, want?: InstallStage][] = [
    [undefined, "installed"],
    ["offered", "probing", "installing"],
    ["offered", "writing", "installing"],
    ["offered", "installed", "installed"],
    ["offered", "up"], // the live system says so, too
    ["installing", "writing"],
    ["installing", "failed", "failed"],
    ["installing", "installed", "installed"],
    ["failed", "probing", "installing"],
    ["failed", "installed", "installed"],
    ["installed", "up", "up"],
    ["installed", "failed"],
    ["installed", "writing"],
    ["up", "installed"],
    ["up", "failed"],
    ["installing", "unheard-of"],
  ];
  it.each(rows)("of one %s that says %s: %s", (before, word, want) => {
    const install = before && known(before, 1);
    expect(followInstall(install, { stage: word }, now)?.stage).toBe(want);
  });

  it("keeps why it failed, until it goes on", () => {
    const failed = followInstall(
      known("installing", 1),
      { stage: "failed", message: "no disk" },
      now,
    );
    expect(failed).toMatchObject({ stage: "failed", at: now, message: "no disk" });
    expect(followInstall(failed, { stage: "probing" }, now)).not.toHaveProperty("message");
  });
});
