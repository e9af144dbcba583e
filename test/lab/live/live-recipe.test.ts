import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  extendRecipe,
  LiveVariants,
  liveFolder,
  liveSources,
  readLiveRecipe,
} from "../../../src/lab/live/live-recipe.ts";

const recipe = await readLiveRecipe();
const recipes = await Promise.all(LiveVariants.map((variant) => readLiveRecipe(variant)));
const relativePath = /^(?!\/)(?!.*\.\.\/)\S+$/;

describe("the live image's recipe", () => {
  it.each(recipes)("has the shape that is read: $name", (recipe) => {
    const texts = expect.toSatisfy((value) => {
      return Array.isArray(value) && value.every((text) => typeof text === "string");
    });
    const tree = { packages: texts, pruned: texts, moves: {}, links: {} };
    const map = expect.any(Object);
    const shape = { ...tree, moves: map, links: map };
    expect(recipe).toEqual({
      ...{ name: expect.any(String), title: expect.any(String), suite: expect.any(String) },
      ...{ leftOut: texts, pruned: texts, modules: texts },
      trees: { initrd: shape, root: shape, tools: shape },
    });
  });

  const trees = recipes.flatMap(({ name, trees }) => {
    return Object.entries(trees).map(([tree, parts]) => ({ name, tree, parts }));
  });
  it.each(trees)("names no path outside of the tree: $name, $tree", ({ parts: tree }) => {
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

describe("an image with more on top", () => {
  const root = {
    packages: ["containerd"],
    pruned: ["etc/a"],
    moves: { a: "b" },
    links: { c: "d" },
  };

  it("has all of the plain one, what is added, and a name of its own", () => {
    const more = extendRecipe(recipe, { name: "more", title: "More", leftOut: ["python3"], root });
    expect(more).toMatchObject({ name: "more", title: "More", suite: recipe.suite });
    expect(more.leftOut).toEqual([...recipe.leftOut, "python3"]);
    expect(more.trees.root.packages).toEqual([...recipe.trees.root.packages, "containerd"]);
    expect(more.trees.root.pruned.at(-1)).toBe("etc/a");
    expect(more.trees.root.links).toEqual({ ...recipe.trees.root.links, c: "d" });
    expect(more.trees.root.moves).toEqual({ ...recipe.trees.root.moves, a: "b" });
    expect({ ...more.trees, root: {} }).toEqual({ ...recipe.trees, root: {} });
  });

  it("is made anew by what is its own, and the plain one is not", async () => {
    const plain = new Set(await liveSources());
    const own = (await liveSources("kubernetes")).filter((path) => !plain.has(path));
    expect(own).toEqual([join(`${liveFolder}-kubernetes`, "recipe.json")]);
  });
});
