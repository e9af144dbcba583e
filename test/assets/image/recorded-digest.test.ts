import { createHash } from "node:crypto";
import {
  appendFile,
  chmod,
  lutimes,
  mkdir,
  mkdtemp,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stampOf } from "../../../src/assets/digest-note.ts";
import { ImageLibrary } from "../../../src/assets/image/image-library.ts";
import { recordedDigest } from "../../../src/assets/image/recorded-digest.ts";
import { manifestOf } from "../../support/image-manifest.ts";

const id = { name: "fcos", version: "43.1", arch: "x86_64" } as const;
const sha256 = createHash("sha256").update("k").digest("hex");
let folder = "";
let published = "";
let image = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-recorded-"));
  published = join(folder, "images");
  const library = new ImageLibrary({ published, work: join(folder, "work") }, () => 0);
  using stage = await library.stage(id);
  await writeFile(join(stage.folder, "vmlinuz"), "k");
  const manifest = manifestOf(id);
  const files = manifest.files.map((row) => ({ ...row, sha256 }));
  image = (await stage.publish({ ...manifest, files })).folder;
});
afterEach(() => rm(folder, { recursive: true }));

/** As a request finds it: links are followed. */
async function digestOf(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true });
  return await recordedDigest(published, { path, size: Number(stats.size), stamp: stampOf(stats) });
}

/** Changes something a moment after all that was changed before. */
async function change(how: (kernel: string) => Promise<unknown>): Promise<void> {
  await writeFile(join(folder, "clock"), "");
  const { ctimeNs } = await stat(join(folder, "clock"), { bigint: true });
  const path = join(folder, "clock");
  do await writeFile(path, "");
  while ((await stat(path, { bigint: true })).ctimeNs === ctimeNs);
  await how(join(image, "vmlinuz"));
}

it("is the manifest's for a file as it was published", async () => {
  expect(await digestOf(join(image, "vmlinuz"))).toBe(sha256);
});

describe("there is none", () => {
  const changes = [
    { name: "that grew", how: (kernel: string) => appendFile(kernel, "more") },
    { name: "that was edited", how: (kernel: string) => writeFile(kernel, "x") },
    {
      name: "that was edited and has its old time again",
      how: async (kernel: string) => {
        const { atime, mtime } = await stat(kernel);
        await writeFile(kernel, "x");
        await utimes(kernel, atime, mtime);
      },
    },
    {
      name: "that was edited before the rights of all were changed",
      how: async (kernel: string) => {
        await writeFile(kernel, "x");
        await change(() => chmod(join(image, "manifest.json"), 0o600));
      },
    },
    {
      name: "in whose place an older one was put",
      how: async (kernel: string) => {
        await writeFile(join(folder, "old"), "x");
        await utimes(join(folder, "old"), 0, 0);
        await rename(join(folder, "old"), kernel);
      },
    },
  ];
  it.each(changes)("for a file $name", async ({ how }) => {
    await change(how);
    expect(await digestOf(join(image, "vmlinuz"))).toBeUndefined();
  });

  it("for what the manifest does not name, and for the manifest", async () => {
    await writeFile(join(image, "other"), "k");
    for (const name of ["other", "manifest.json"]) {
      expect(await digestOf(join(image, name))).toBeUndefined();
    }
  });

  it("for a link to an older file", async () => {
    await writeFile(join(folder, "old"), "x");
    await utimes(join(folder, "old"), 0, 0);
    await rm(join(image, "vmlinuz"));
    await symlink(join(folder, "old"), join(image, "vmlinuz"));
    await lutimes(join(image, "vmlinuz"), 0, 0);
    await change(() => chmod(join(image, "manifest.json"), 0o600));
    expect(await digestOf(join(image, "vmlinuz"))).toBeUndefined();
  });

  it("where the manifest is broken, missing or a folder", async () => {
    const record = join(image, "manifest.json");
    await writeFile(record, "{");
    expect(await digestOf(join(image, "vmlinuz"))).toBeUndefined();
    await rm(record);
    expect(await digestOf(join(image, "vmlinuz"))).toBeUndefined();
    await mkdir(record);
    expect(await digestOf(join(image, "vmlinuz"))).toBeUndefined();
  });

  it("for files that are no image's", async () => {
    await writeFile(join(folder, "vmlinuz"), "k");
    await writeFile(join(published, "vmlinuz"), "k");
    for (const place of [folder, published]) {
      expect(await digestOf(join(place, "vmlinuz"))).toBeUndefined();
    }
  });
});
