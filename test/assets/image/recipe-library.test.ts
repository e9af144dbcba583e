import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownRecipes, RecipeLibrary } from "../../../src/assets/image/recipe-library.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-recipes-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const mine = (name: string, title = "Mine") =>
  JSON.stringify({
    ...{ name, title, upstream: "custom", version: "1", mirrors: ["https://a.example"] },
    ...{ channels: ["local"], architectures: { x86_64: "x" } },
    files: [{ role: "kernel", from: "a", file: "a", sha256: "0".repeat(64) }],
    boot: { args: [], ramMib: 1, secureBoot: "signed" },
  });

describe("RecipeLibrary", () => {
  it("has those that come with Kindling, and an operator's in their place", async () => {
    writeFileSync(join(folder, "fcos.yaml"), mine("fcos"));
    writeFileSync(join(folder, "notes.txt"), "no recipe");
    const library = new RecipeLibrary([ownRecipes, folder]);
    const { recipes, problems } = await library.list();
    expect(recipes.map(({ recipe }) => recipe.name)).toEqual([
      ...["almalinux", "debian", "fcos", "fedora", "flatcar", "rocky", "talos", "ubuntu"],
    ]);
    expect(problems).toEqual([]);
    expect((await library.find("fcos")).title).toBe("Mine");
    expect((await library.find("debian")).title).toBe("Debian installer");
  });

  it("leaves a broken one out and says why", async () => {
    writeFileSync(join(folder, "bad.yaml"), "{");
    const library = new RecipeLibrary([folder, join(folder, "none")]);
    const { recipes, problems } = await library.list();
    expect([recipes.length, problems.length]).toEqual([0, 1]);
    await expect(library.find("bad")).rejects.toMatchObject({ code: "image.recipe" });
    await expect(library.find("good")).rejects.toMatchObject({ code: "image.unknown" });
  });
});
