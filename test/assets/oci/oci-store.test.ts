import { chmod, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ImageRecord } from "../../../src/assets/oci/image-record.ts";
import { OciStore } from "../../../src/assets/oci/oci-store.ts";
import { formatRepository, parseReference } from "../../../src/assets/oci/reference.ts";
import { sha256, testImage, testIndex } from "../../support/image-archive.ts";

let folder: string;
let store: OciStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-oci-store-"));
  store = new OciStore({ folder, keepFreeBytes: 0 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const image = testImage("hello");
const arm = testImage("hello, arm", { architecture: "arm64" });
const multi = testIndex([image, arm]);

function recordOf({ digest, mediaType }: Pick<typeof image, "digest" | "mediaType">): ImageRecord {
  return { digest, mediaType, bytes: 10, platforms: ["linux/amd64"], at: 5, source: "import" };
}

async function keep(name: string, one: Pick<typeof image, "digest" | "mediaType" | "blobs">) {
  for (const bytes of one.blobs.values()) await store.blobs.put(bytes);
  await store.name(parseReference(name), recordOf(one));
}

async function age(seconds: number): Promise<void> {
  for (const digest of await store.blobs.list()) {
    await utimes(store.blobs.pathOf(digest), seconds, seconds);
  }
}

it("finds by tag and by digest what was named so", async () => {
  await keep("quay.io/org/name:1", image);
  await keep(`quay.io/org/name@${arm.digest}`, arm);
  expect(await store.find(parseReference("quay.io/org/name:1"))).toEqual(recordOf(image));
  expect(await store.find(parseReference(`quay.io/org/name@${arm.digest}`))).toEqual(recordOf(arm));
  for (const other of ["quay.io/org/name:2", "quay.io/org/name/more:1", "gcr.io/org/name:1"]) {
    expect(await store.find(parseReference(other))).toBeUndefined();
  }
  expect((await store.images()).map(({ record }) => record.digest)).toEqual([
    image.digest,
    arm.digest,
  ]);
});

it("lists repositories that lie in each other", async () => {
  await keep("quay.io/org:1", image);
  await keep("quay.io/org/name:1", image);
  await keep("localhost:5000/tags/manifests:1", image);
  expect((await store.repositories()).map(formatRepository)).toEqual([
    "localhost:5000/tags/manifests",
    "quay.io/org",
    "quay.io/org/name",
  ]);
  await store.forget(parseReference("quay.io/org/name:1"));
  expect(await store.tags(parseReference("quay.io/org/name"))).toBeUndefined();
  expect((await store.repositories()).map(formatRepository)).not.toContain("quay.io/org/name");
});

it("says that it forgot nothing where there was nothing", async () => {
  expect(await store.forget(parseReference("quay.io/org/name:1"))).toBe(false);
});

it("gives no document for a blob that is none", async () => {
  const digest = await store.blobs.put(Buffer.from("hello"));
  expect(await store.document(digest)).toBeUndefined();
  expect(await store.document(sha256("nothing"))).toBeUndefined();
});

it("tells which file is damaged, and what to do", async () => {
  await keep("quay.io/org/name:1", image);
  await writeFile(join(folder, "refs/quay.io/org/name/_tags/1.json"), '{"digest":');
  await expect(store.find(parseReference("quay.io/org/name:1"))).rejects.toMatchObject({
    code: "oci.store",
    message: expect.stringMatching(/1\.json.*import the image again/),
  });
});

it("puts a blob in the place of one that was cut short", async () => {
  const digest = await store.blobs.put(Buffer.from("hello"));
  await writeFile(store.blobs.pathOf(digest), "hel");
  await store.blobs.put(Buffer.from("hello"));
  expect(await store.blobs.read(digest, 100)).toEqual(Buffer.from("hello"));
});

it("leaves room on the disk", async () => {
  store = new OciStore({ folder, keepFreeBytes: Number.MAX_SAFE_INTEGER });
  await expect(store.blobs.put(Buffer.from("hello"))).rejects.toMatchObject({
    code: "oci.store",
    message: expect.stringMatching(/oci\.keepFree/),
  });
  expect(await readdir(join(folder, "tmp"))).toEqual([]);
});

describe("collect", () => {
  it("keeps what a name leads to, through indexes, and removes the rest", async () => {
    await keep("quay.io/org/name:1", multi);
    await keep("quay.io/org/other:1", testImage("other"));
    await store.forget(parseReference("quay.io/org/other:1"));
    await age(100);
    expect(await store.collect(200_000)).toMatchObject({ blobs: 3, kept: multi.blobs.size });
    expect((await store.blobs.list()).toSorted()).toEqual([...multi.blobs.keys()].toSorted());
  });

  it("leaves what came a moment ago: its name may be on the way", async () => {
    await store.blobs.put(Buffer.from("hello"));
    expect(await store.collect(1_000)).toMatchObject({ blobs: 0, kept: 1 });
  });

  it("leaves what was wanted again a moment ago", async () => {
    await store.blobs.put(Buffer.from("hello"));
    await age(100);
    await store.blobs.put(Buffer.from("hello"));
    expect(await store.collect(200_000)).toMatchObject({ blobs: 0 });
  });

  it("removes what a broken import left, and not what one that runs writes", async () => {
    const [broken, running] = [await store.blobs.openStaging(), await store.blobs.openStaging()];
    for (const staging of [broken, running]) {
      await writeFile(join(staging, "1"), "half");
      await utimes(staging, 100, 100);
    }
    await utimes(join(broken, "1"), 100, 100);
    await store.collect(200_000);
    expect(await readdir(join(folder, "tmp"))).toEqual([basename(running)]);
  });
});

it("lets one import or clean-up go at a time", async () => {
  using _first = await store.lock();
  await expect(store.lock()).rejects.toMatchObject({
    code: "oci.store",
    message: expect.stringContaining(`pid ${process.pid}`),
  });
});

it.runIf(process.getuid?.() !== 0)("tells that it may not write", async () => {
  await chmod(folder, 0o500);
  await expect(store.blobs.put(Buffer.from("x"))).rejects.toMatchObject({ code: "oci.store" });
});
