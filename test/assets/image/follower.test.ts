import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FollowerDeps, lookAtAll, openFollower } from "../../../src/assets/image/follower.ts";
import { RecipeLibrary } from "../../../src/assets/image/recipe-library.ts";
import type { Finding } from "../../../src/boot/finding.ts";
import { FindingBoard } from "../../../src/runtime/finding-board.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { openImageSite } from "../../support/image-site.ts";
import { type ImageYard, openImageYard } from "../../support/image-yard.ts";

let yard: ImageYard;
beforeAll(async () => {
  yard = await openImageYard();
});
afterAll(() => yard[Symbol.asyncDispose]());

async function openSite() {
  await yard.clear();
  const site = openImageSite(yard.upstream.ca + yard.mirror.ca, Date.parse("2026-06-01T00:00:00Z"));
  const folder = join(site.root, "recipes");
  mkdirSync(folder);
  writeFileSync(join(folder, "flatcar.yaml"), JSON.stringify(await yard.flatcar()));
  const told: string[] = [];
  const board = new FindingBoard((event) => {
    if (event.kind === "finding") told.push(`${event.change} ${event.finding.code}`);
  });
  const profiles: Awaited<ReturnType<FollowerDeps["profiles"]>>[number][] = [];
  const deps: FollowerDeps = {
    ...{ follow: [{ name: "flatcar", arch: "x86_64" }], everyMs: 1000, pull: false },
    ...{ library: site.library, recipes: new RecipeLibrary([folder]), findings: board },
    ...{ depsFor: site.depsFor, profiles: async () => profiles, log: silentLog },
    clock: { now: () => 0, after: () => ({ [Symbol.dispose]: () => {} }) },
  };
  const sentences = () => board.list().map(({ sentence }: Finding) => sentence);
  return { ...site, deps, told, sentences, profiles };
}

describe("a followed image", () => {
  it("is told when it is newer, until it is here and booted", async () => {
    using site = await openSite();
    await lookAtAll(site.deps);
    expect(site.sentences()).toEqual([
      "flatcar is at 4230.2.3 in stable for x86_64, none of it is here",
    ]);
    await lookAtAll({ ...site.deps, pull: true });
    expect([site.sentences(), site.told]).toEqual([
      [],
      ["raised image.newer", "cleared image.newer"],
    ]);
    const { images } = await site.library.list();
    expect(images.map(({ id }) => id.version)).toEqual(["4230.2.3"]);
    const kernel = "/assets/images/flatcar/4230.2.3/x86_64/vmlinuz";
    site.profiles.push({
      ...{ file: "node", id: "node", name: "", ignitionId: "", cloudId: "", genericId: "" },
      boot: { kernel, initrd: [], args: [] },
    });
    await yard.flatcar("4230.2.4");
    await lookAtAll({ ...site.deps, pull: true });
    expect(site.sentences()).toEqual([
      "flatcar 4230.2.4 for x86_64 is here, and an older one is booted by profile node (4230.2.3)",
    ]);
  });

  it("whose upstream fails is a finding, until it answers", async () => {
    using site = await openSite();
    for (const one of [yard.upstream, yard.mirror])
      one.files.delete("amd64-usr/current/version.txt");
    const both = [...site.deps.follow, { name: "none", arch: "x86_64" as const }];
    await lookAtAll({ ...site.deps, follow: both });
    expect(site.told).toEqual(["raised image.follow-failed", "raised image.follow-failed"]);
    await yard.flatcar();
    await lookAtAll(site.deps);
    expect(site.sentences().join()).toMatch(
      /^none in its first channel could not be looked at: there is no/,
    );
  });
});

describe("openFollower", () => {
  it("looks a minute after the start and then as often as it is set", async () => {
    using site = await openSite();
    const timers: { ms: number; task: () => void }[] = [];
    const planned = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      });
    let wake = () => {};
    const clock = {
      now: () => 0,
      after: (ms: number, task: () => void) => {
        timers.push({ ms, task });
        wake();
        return { [Symbol.dispose]: () => {} };
      },
    };
    await using follower = openFollower({ ...site.deps, clock });
    expect(timers).toEqual([]);
    follower.serve();
    expect(timers.map(({ ms }) => ms)).toEqual([60_000]);
    const next = planned();
    timers[0]?.task();
    await next;
    expect(timers.map(({ ms }) => ms)).toEqual([60_000, 1000]);
    expect(site.sentences()).toHaveLength(1);
    // What is wrong with this host ends no service.
    mkdirSync(join(site.root, "assets"));
    writeFileSync(join(site.root, "assets/images"), "no folder");
    const after = planned();
    timers[1]?.task();
    await after;
    expect(timers).toHaveLength(3);
  });
});
