import { expect, it } from "vitest";
import { parseRecipe } from "../../../src/assets/image/recipe.ts";
import { formatLiveRecipe } from "../../../src/lab/live/image-recipe.ts";

const facts = (digit: string) => ({ bytes: 1, sha256: digit.repeat(64) });
const manifest = {
  name: "kindling-live",
  title: "Debian with Ignition, live",
  suite: "bookworm",
  kernel: "6.1.0-50-cloud-amd64",
  packages: [],
  files: { vmlinuz: facts("a"), "live.img": facts("b"), "disk.raw.zst": facts("c") },
};

it("is a recipe that pins each file, for a mirror without keys or TLS", () => {
  const recipe = parseRecipe("live", formatLiveRecipe(manifest, "http://mirror.example/live"));
  expect(recipe).toMatchObject({ name: manifest.name, title: manifest.title });
  expect(recipe.version).toBe("bookworm-bbbbbbbbbbbb");
  expect(recipe.files.map(({ role, file, sha256 }) => [role, file, sha256?.[0]])).toEqual([
    ["kernel", "vmlinuz", "a"],
    ["initrd", "live.img", "b"],
    ["disk", "disk.raw.zst", "c"],
  ]);
  expect(recipe.boot.args).toEqual(expect.arrayContaining(recipe.boot.required));
});
