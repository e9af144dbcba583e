import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { importArchive } from "../../../src/assets/oci/archive-import.ts";
import { OciStore } from "../../../src/assets/oci/oci-store.ts";
import {
  formatReference,
  parseImageName,
  parseReference,
} from "../../../src/assets/oci/reference.ts";
import {
  type ArchiveFiles,
  dockerSaveOf,
  layoutOf,
  sha256,
  tarEntry,
  tarOf,
  testImage,
  testIndex,
} from "../../support/image-archive.ts";

let folder: string;
let store: OciStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-oci-"));
  store = new OciStore({ folder: join(folder, "oci"), keepFreeBytes: 0 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function bring(archive: Uint8Array | string, as?: string, blobBytesMax = 1 << 20) {
  const path = typeof archive === "string" ? archive : join(folder, "archive.tar");
  if (typeof archive !== "string") await writeFile(path, archive);
  const images = await importArchive(store, {
    ...{ path, blobBytesMax, now: () => 1_000, progress: () => {} },
    ...(as !== undefined && { as: parseImageName(as) }),
    signal: new AbortController().signal,
  });
  return images.map(({ references, ...image }) => ({
    ...image,
    names: references.map(formatReference),
  }));
}

const image = testImage("hello");
const arm = testImage("hello, arm", { architecture: "arm64" });
const docker = testImage("hello", { docker: true });
const name = "quay.io/kindling/test:1";
const multiType = "application/vnd.oci.image.index.v1+json";

async function held(): Promise<readonly string[]> {
  return (await store.blobs.list()).toSorted();
}

describe("an OCI archive", () => {
  it.each<[string, (tar: Buffer) => Buffer]>([
    ["plain", (tar) => tar],
    ["gzip", (tar) => gzipSync(tar)],
    ["zstd", (tar) => zstdCompressSync(tar)],
  ])("is taken %s, with every blob and its name", async (_, pack) => {
    const [found] = await bring(pack(tarOf(layoutOf([[name, image]]))));
    expect(found).toMatchObject({
      names: [name],
      digest: image.digest,
      platforms: ["linux/amd64"],
    });
    expect(await held()).toEqual([...image.blobs.keys()].toSorted());
    expect(await store.find(parseReference(name))).toMatchObject({
      ...{ digest: image.digest, mediaType: image.mediaType, source: "import", at: 1_000 },
    });
    expect(await readdir(join(folder, "oci/tmp"))).toEqual([]);
  });

  it("may be a folder", async () => {
    for (const [path, content] of layoutOf([[name, image]])) {
      const file = join(folder, "layout", path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    expect(await bring(join(folder, "layout"))).toMatchObject([{ names: [name] }]);
    expect(await held()).toHaveLength(3);
  });

  it("keeps an index with all its platforms, Docker's as well as OCI's", async () => {
    const other = testImage("hello, arm", { architecture: "arm64", docker: true });
    const lists = [testIndex([image, arm]), testIndex([docker, other], true)] as const;
    const files = layoutOf([
      ["quay.io/kindling/multi:1", lists[0]],
      ["quay.io/kindling/multi:2", lists[1]],
    ]);
    expect(await bring(tarOf(files))).toMatchObject([
      { digest: lists[0].digest, platforms: ["linux/amd64", "linux/arm64"], absent: [] },
      { digest: lists[1].digest, platforms: ["linux/amd64", "linux/arm64"], absent: [] },
    ]);
  });

  it("keeps what else an index lists, and does not look into it", async () => {
    const note = Buffer.from("a signature, say");
    const other = { mediaType: "application/vnd.example", digest: sha256(note), size: note.length };
    const index = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        manifests: [{ mediaType: image.mediaType, digest: image.digest, size: image.size }, other],
      }),
    );
    const list = {
      ...{ digest: sha256(index), mediaType: multiType, size: index.length },
      blobs: new Map([...image.blobs, [sha256(index), index], [sha256(note), note]]),
      platform: image.platform,
    };
    await bring(tarOf(layoutOf([[name, list]])));
    expect(await held()).toContain(sha256(note));
  });

  it("tells which platforms of its index it lacks", async () => {
    const files = layoutOf([[name, testIndex([image, arm])]]);
    for (const digest of arm.blobs.keys()) files.delete(`blobs/sha256/${digest.slice(7)}`);
    expect(await bring(tarOf(files))).toMatchObject([
      { platforms: ["linux/amd64"], absent: ["linux/arm64"] },
    ]);
  });

  it.each([
    { says: name, as: undefined, names: [name] },
    { says: "busybox:1.36", as: undefined, names: ["docker.io/library/busybox:1.36"] },
    { says: "1.36", as: "quay.io/kindling/busybox", names: ["quay.io/kindling/busybox:1.36"] },
    { says: name, as: "gcr.io/other/test:9", names: ["gcr.io/other/test:9"] },
    { says: "", as: "gcr.io/other/test", names: ["gcr.io/other/test:latest"] },
  ])("named '$says' and --as $as is $names", async ({ says, as, names }) => {
    expect(await bring(tarOf(layoutOf([[says, image]])), as)).toMatchObject([{ names }]);
  });

  it("lists two names of one image once", async () => {
    const files = layoutOf([
      ["quay.io/kindling/test:1", image],
      ["quay.io/kindling/test:latest", image],
    ]);
    expect(await bring(tarOf(files))).toMatchObject([
      { names: ["quay.io/kindling/test:1", "quay.io/kindling/test:latest"] },
    ]);
  });

  it("gives its tags to the repository that --as names", async () => {
    const files = layoutOf([
      ["1", image],
      ["2", arm],
    ]);
    expect(await bring(tarOf(files), "quay.io/kindling/test")).toMatchObject([
      { names: ["quay.io/kindling/test:1"], digest: image.digest },
      { names: ["quay.io/kindling/test:2"], digest: arm.digest },
    ]);
  });

  it("leaves out what has no name beside what has one", async () => {
    const files = layoutOf([
      [name, image],
      ["", arm],
    ]);
    expect(await bring(tarOf(files))).toMatchObject([{ names: [name] }]);
    expect(await held()).toHaveLength(3);
  });

  it("without names is one image of several platforms with --as", async () => {
    const files = layoutOf([
      ["", image],
      ["", arm],
    ]);
    const [found] = await bring(tarOf(files), name);
    expect(found).toMatchObject({ names: [name], platforms: ["linux/amd64", "linux/arm64"] });
    const stored = await store.document(sha256(files.get("index.json") ?? ""));
    expect(stored?.document.kind).toBe("index");
  });
});

describe("a docker save archive", () => {
  it("gets a manifest of OCI's; its layers stay as they are", async () => {
    const [found] = await bring(tarOf(dockerSaveOf(docker, ["quay.io/kindling/test:1"])));
    expect(found).toMatchObject({ names: [name], platforms: ["linux/amd64"] });
    const record = await store.find(parseReference(name));
    const stored = record && (await store.document(record.digest));
    expect(stored?.document).toMatchObject({
      kind: "manifest",
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { digest: docker.config },
      layers: [{ digest: docker.layer, mediaType: "application/vnd.oci.image.layer.v1.tar" }],
    });
  });

  it("may have compressed layers, which are unpacked to be verified", async () => {
    const bytes = docker.blobs.get(docker.layer) ?? Buffer.alloc(0);
    const files = dockerSaveOf(docker, [name]);
    files.set(`${docker.layer.slice(7)}.tar`, gzipSync(bytes));
    await bring(tarOf(files));
    const record = await store.find(parseReference(name));
    const stored = record && (await store.document(record.digest));
    expect(stored?.document).toMatchObject({
      layers: [{ mediaType: expect.stringMatching(/\+gzip$/) }],
    });
    files.set(`${docker.layer.slice(7)}.tar`, gzipSync("something else"));
    await expect(bring(tarOf(files))).rejects.toMatchObject({ code: "oci.digest" });
  });

  it("without a name wants one", async () => {
    const files = tarOf(dockerSaveOf(docker, null));
    await expect(bring(files)).rejects.toMatchObject({ message: expect.stringMatching(/--as/) });
    expect(await bring(files, "quay.io/kindling/test:1")).toMatchObject([{ names: [name] }]);
  });
});

const blobOf = (digest: string) => `blobs/sha256/${digest.slice(7)}`;

/** The layout with one file set or, by undefined, taken out. */
function changed(path: string, content: Uint8Array | string | undefined): ArchiveFiles {
  const files = layoutOf([[name, image]]);
  if (content === undefined) files.delete(path);
  else files.set(path, content);
  return files;
}

describe("an archive that is", () => {
  const whole = tarOf(layoutOf([[name, image]]));
  const with_ = (entry: Buffer) => Buffer.concat([entry, whole]);
  const empty = Buffer.alloc(0);
  it.each<[string, Buffer, string, RegExp]>([
    ["of a changed blob", tarOf(changed(blobOf(image.layer), "else")), "oci.digest", /want sha256/],
    ["without a layer", tarOf(changed(blobOf(image.layer), undefined)), "oci.archive", /lacks/],
    [
      "without its manifest",
      tarOf(changed(blobOf(image.digest), undefined)),
      "oci.archive",
      /lacks/,
    ],
    ["without an index", tarOf(changed("index.json", undefined)), "oci.archive", /want oci-layout/],
    ["of a bad index", tarOf(changed("index.json", "{")), "oci.archive", /index.json/],
    ["named upwards", with_(tarEntry("../../etc/passwd", empty)), "oci.archive", /refused/],
    ["named from the root", with_(tarEntry("/etc/passwd", empty)), "oci.archive", /refused/],
    [
      "a link outwards",
      with_(tarEntry("a", empty, { type: "2", link: "../b" })),
      "oci.archive",
      /link/,
    ],
    [
      "a link to the root",
      with_(tarEntry("a", empty, { type: "2", link: "/b" })),
      "oci.archive",
      /link/,
    ],
    [
      "a hard link outwards",
      with_(tarEntry("a", empty, { type: "1", link: "../b" })),
      "oci.archive",
      /refused/,
    ],
    ["a device", with_(tarEntry("a", empty, { type: "3" })), "oci.archive", /device/],
    ["cut short", whole.subarray(0, 2000), "oci.archive", /cut short/],
    ["cut after a file", whole.subarray(0, whole.length - 1024), "oci.archive", /cut short/],
    ["packed and cut", gzipSync(whole).subarray(0, 200), "oci.archive", /damaged/],
    ["packed otherwise", Buffer.from("fd377a585a000000", "hex"), "oci.archive", /xz/],
    ["no archive", Buffer.alloc(4096, "x"), "oci.archive", /tar/],
    ["empty", empty, "oci.archive", /cut short/],
    [
      "of a size that lies",
      with_(tarEntry("a", empty, { size: 1 << 30 })),
      "oci.archive",
      /blobMax|cut/,
    ],
  ])("%s is refused", async (_, archive, code, message) => {
    await expect(bring(archive)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(await held()).toEqual([]);
    expect(await readdir(join(folder, "oci/tmp"))).toEqual([]);
  });

  it("larger than the limit is refused before it is written", async () => {
    const files = layoutOf([[name, testImage("x".repeat(5000))]]);
    await expect(bring(tarOf(files), undefined, 4096)).rejects.toMatchObject({
      message: expect.stringMatching(/oci\.blobMax/),
    });
  });

  it("a folder with links is refused", async () => {
    await mkdir(join(folder, "layout/blobs/sha256"), { recursive: true });
    await symlink("/etc/passwd", join(folder, "layout/oci-layout"));
    await expect(bring(join(folder, "layout"))).rejects.toMatchObject({
      message: expect.stringMatching(/ELOOP/),
    });
  });

  it("of several images refuses one name for all", async () => {
    const files = layoutOf([
      ["quay.io/a/a:1", image],
      ["quay.io/a/b:1", arm],
    ]);
    await expect(bring(tarOf(files), name)).rejects.toMatchObject({ code: "usage.invalid" });
  });
});

it("a second import of the same archive writes nothing anew", async () => {
  await bring(tarOf(layoutOf([[name, image]])));
  await bring(tarOf(layoutOf([[name, image]])), "quay.io/kindling/copy:1");
  expect(await held()).toHaveLength(3);
});
