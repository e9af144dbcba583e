import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { liveFolder, liveSources, readLiveRecipe } from "../../../src/lab/live/live-recipe.ts";

const recipe = await readLiveRecipe();
const relativePath = /^(?!\/)(?!.*\.\.\/)\S+$/;

describe("the live image's recipe", () => {
  it("has the shape that is read", () => {
    const texts = expect.toSatisfy((value) => {
      return Array.isArray(value) && value.every((text) => typeof text === "string");
    });
    const tree = { packages: texts, pruned: texts, moves: {}, links: {} };
    const map = expect.any(Object);
    const shape = { ...tree, moves: map, links: map };
    expect(recipe).toEqual({
      suite: expect.any(String),
      ...{ leftOut: texts, pruned: texts, modules: texts },
      trees: { initrd: shape, root: shape, tools: shape },
    });
  });

  it.each(Object.entries(recipe.trees))("names no path outside of the tree %s", (_, tree) => {
    const paths = [
      ...tree.pruned,
      ...Object.entries(tree.moves).flat(),
      ...Object.keys(tree.links),
    ];
    expect(paths.filter((path) => !relativePath.test(path))).toEqual([]);
  });

  it("links every unit that images/live adds to the initrd and that nothing else starts", async () => {
    const units = (await liveSources())
      .map((path) => /initrd\/usr\/lib\/systemd\/system\/([\w-]+\.\w+)$/.exec(path)?.[1])
      .filter((unit) => unit !== undefined);
    const linked = Object.keys(recipe.trees.initrd.links).map((path) => path.split("/").at(-1));
    // sysroot.mount requires the layers below it.
    const alone = units.filter((unit) => !linked.includes(unit) && unit !== "live-root.service");
    expect(units.length).toBeGreaterThan(3);
    expect(alone).toEqual([]);
  });

  it("calls programs of images/live that are there and may run", async () => {
    for (const path of await liveSources()) {
      if (!path.startsWith(join(liveFolder, "initrd/usr/lib/systemd"))) continue;
      for (const { 1: script = "" } of readFileSync(path, "utf8").matchAll(
        /=\/(usr\/lib\/live\/\w\S*)/g,
      )) {
        expect(statSync(join(liveFolder, "initrd", script)).mode & 0o111, script).toBe(0o111);
      }
    }
  });
});
