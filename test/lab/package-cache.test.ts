import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheFolder, openCached, type Recipe } from "../../src/lab/package-cache.ts";

describe("cacheFolder", () => {
  it.each([
    { env: { XDG_CACHE_HOME: "/c", HOME: "/h" }, want: "/c/kindling" },
    { env: { XDG_CACHE_HOME: "", HOME: "/h" }, want: "/h/.cache/kindling" },
  ])("is $want", ({ env, want }) => {
    expect(cacheFolder(env)).toBe(want);
  });
});

describe("openCached", () => {
  let root = "";
  let made = 0;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "kindling-cache-"));
    await writeFile(join(root, "source"), "one");
    made = 0;
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const recipe = (text: string): Recipe => ({
    name: "tool",
    sources: [join(root, "source")],
    async make(_work, done) {
      made += 1;
      await writeFile(join(done, "file"), text);
    },
  });
  const cached = () => readdir(join(root, "cache"));

  it("makes a folder once", async () => {
    const first = await openCached(join(root, "cache"), recipe("a"));
    const second = await openCached(join(root, "cache"), recipe("b"));
    expect(second).toBe(first);
    expect(made).toBe(1);
    expect(await readFile(join(second, "file"), "utf8")).toBe("a");
    expect(await cached()).toHaveLength(1);
  });

  it("makes another when a source changes", async () => {
    const first = await openCached(join(root, "cache"), recipe("a"));
    await writeFile(join(root, "source"), "two");
    const second = await openCached(join(root, "cache"), recipe("b"));
    expect(second).not.toBe(first);
    expect(await readFile(join(second, "file"), "utf8")).toBe("b");
  });

  it("keeps the whole folder of whoever of two at once is first", async () => {
    const open = (text: string) => openCached(join(root, "cache"), recipe(text));
    const [first, second] = await Promise.all([open("a"), open("a")]);
    expect(second).toBe(first);
    expect(await readFile(join(first, "file"), "utf8")).toBe("a");
    expect(await cached()).toHaveLength(1);
  });

  it("leaves nothing behind when making fails", async () => {
    const broken: Recipe = {
      ...recipe("a"),
      async make(_work, done) {
        await writeFile(join(done, "half"), "");
        throw new Error("no mirror");
      },
    };
    await expect(openCached(join(root, "cache"), broken)).rejects.toThrow("no mirror");
    expect(await cached()).toEqual([]);
  });
});
