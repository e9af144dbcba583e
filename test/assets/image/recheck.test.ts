import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { pullImage } from "../../../src/assets/image/pull.ts";
import { recheckImage } from "../../../src/assets/image/recheck.ts";
import type { Recipe } from "../../../src/assets/image/recipe.ts";
import { chooseFiles } from "../../../src/assets/image/resolve.ts";
import { type ImageSite, openImageSite, sha256 } from "../../support/image-site.ts";
import { type ImageYard, openImageYard } from "../../support/image-yard.ts";

const now = Date.parse("2026-06-01T00:00:00Z");
const wish = { channel: "stable", arch: "x86_64" } as const;

let yard: ImageYard;
let site: ImageSite;
beforeAll(async () => {
  yard = await openImageYard();
});
afterAll(() => yard[Symbol.asyncDispose]());
beforeEach(async () => {
  await yard.clear();
  site = openImageSite(yard.upstream.ca + yard.mirror.ca, now);
});
afterEach(() => site[Symbol.dispose]());

const pull = (recipe: Recipe) => pullImage({ recipe, wish }, site.depsFor(recipe));

describe("recheckImage", () => {
  const recheck = async (recipe: Recipe, change: (folder: string) => void = () => {}) => {
    const { image } = await pull(recipe);
    change(image.folder);
    const manifest = JSON.parse(readFileSync(join(image.folder, "manifest.json"), "utf8"));
    const states = await recheckImage({ folder: image.folder, manifest }, { recipe, now });
    const rows = states.map((row) => `${row.file}: ${row.kind === "bad" ? row.reason : "good"}`);
    return rows.sort();
  };
  const editManifest = (folder: string, edit: (manifest: Record<string, unknown>) => void) => {
    const path = join(folder, "manifest.json");
    const manifest = JSON.parse(readFileSync(path, "utf8"));
    edit(manifest);
    writeFileSync(path, JSON.stringify(manifest));
  };

  it("needs nothing but what lies beside the image", async () => {
    const recipe = chooseFiles(await yard.flatcar(), []);
    await pull(recipe);
    yard.upstream.requests.length = 0;
    expect(await recheck(recipe)).toEqual(["initrd: good", "proof/version: good", "vmlinuz: good"]);
    expect(await recheck(await yard.debian())).toEqual([
      ...["initrd.gz: good", "linux: good", "proof/InRelease: good", "proof/SHA256SUMS: good"],
    ]);
    expect(await recheck(yard.talos())).toEqual(["proof/sums: good", "vmlinuz: good"]);
    expect(await recheck(yard.custom())).toEqual(["linux: good"]);
  });

  it.each([
    {
      name: "a byte that changed",
      change: (folder: string) => writeFileSync(join(folder, "linux"), "other"),
      want: /^linux: has SHA-256 .*of the manifest$/,
    },
    {
      name: "a file that is gone",
      change: (folder: string) => rmSync(join(folder, "linux")),
      want: /^linux: is missing$/,
    },
    {
      name: "an index that changed",
      change: (folder: string) => {
        const path = join(folder, "proof/InRelease");
        writeFileSync(path, readFileSync(path, "utf8").replace("13.2", "13.4"));
      },
      want: /^proof\/InRelease: .*not what Upstream signed/,
    },
    {
      name: "keys that are gone",
      change: (folder: string) => rmSync(join(folder, "proof/keys"), { recursive: true }),
      want: /^proof\/InRelease: .*under none of/,
    },
    {
      name: "a file and a manifest that were changed together",
      change: (folder: string) => {
        writeFileSync(join(folder, "linux"), "evil");
        editManifest(folder, ({ files }) => {
          // proven: a manifest of ours
          const [row] = files as { sha256: string; bytes: number }[];
          Object.assign(row ?? {}, { sha256: sha256("evil"), bytes: 4 });
        });
      },
      want: /^linux: .*want [0-9a-f]{64} of SHA256SUMS/,
    },
    {
      name: "a file that no document knows",
      change: (folder: string) => {
        editManifest(folder, (manifest) => {
          // proven: a manifest of ours
          const files = manifest["files"] as object[];
          manifest["files"] = [...files, { ...files[0], file: "extra" }];
        });
      },
      want: /^extra: nothing in its recipe vouches for it$/,
    },
    {
      name: "vouchers that were struck out",
      change: (folder: string) => {
        const evil = Buffer.from("Version: 13.2\nSHA256:\n");
        writeFileSync(join(folder, "proof/InRelease"), evil);
        editManifest(folder, (manifest) => {
          // proven: a manifest of ours
          const documents = manifest["documents"] as object[];
          const vouchers = [{ kind: "https", host: "a.example" }];
          manifest["documents"] = documents.map((row) => ({ ...row, vouchers }));
        });
      },
      want: /^proof\/InRelease: .*want one clearsigned text/,
    },
  ])("finds $name", async ({ change, want }) => {
    const rows = await recheck(await yard.debian(), change);
    expect(rows.filter((row) => want.test(row))).toHaveLength(1);
  });
});
