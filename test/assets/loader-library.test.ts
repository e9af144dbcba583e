import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLoaderLibrary } from "../../src/assets/loader-library.ts";

let root: string;
let folder: string;
let system: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "loaders-"));
  folder = join(root, "own");
  system = join(root, "system");
  await mkdir(folder);
  await mkdir(join(system, "arm64-efi"), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

const library = () =>
  openLoaderLibrary({ folders: [folder], systemFolders: [system], fileBytesMax: 100 });

describe("find", () => {
  it("gives bytes, hash, path and time of a packaged loader", async () => {
    const path = join(system, "undionly.kpxe");
    await writeFile(path, "packaged");
    await utimes(path, 1000, 1000);
    const sha256 = createHash("sha256").update("packaged").digest("hex");
    const want = {
      kind: "file",
      name: "undionly.kpxe",
      path,
      sha256,
      modified: new Date(1_000_000),
    };
    const found = await library().find("undionly.kpxe");
    expect(found).toMatchObject(want);
    expect(found.kind === "file" && Buffer.from(found.bytes).toString()).toBe("packaged");
  });

  it("prefers the operator's file", async () => {
    await writeFile(join(system, "undionly.kpxe"), "packaged");
    await writeFile(join(folder, "undionly.kpxe"), "own");
    expect(await library().find("undionly.kpxe")).toMatchObject({
      path: join(folder, "undionly.kpxe"),
    });
  });

  it("knows where a distribution keeps another architecture", async () => {
    await writeFile(join(system, "arm64-efi", "snponly.efi"), "arm");
    expect(await library().find("snponly-arm64.efi")).toMatchObject({ name: "snponly-arm64.efi" });
    expect(await library().find("snponly.efi")).toMatchObject({ kind: "missing" });
  });

  it("follows a distribution's link, as Debian's ipxe.efi is one", async () => {
    await writeFile(join(root, "boot.efi"), "elsewhere");
    await symlink("../boot.efi", join(system, "ipxe.efi"));
    expect(await library().find("ipxe.efi")).toMatchObject({ path: join(root, "boot.efi") });
  });

  it("reads a file once, and again when it changed", async () => {
    const path = join(folder, "a.efi");
    await writeFile(path, "one");
    const loaders = library();
    const first = await loaders.find("a.efi");
    const second = await loaders.find("a.efi");
    expect(first.kind === "file" && second.kind === "file" && first.bytes === second.bytes).toBe(
      true,
    );
    await writeFile(path, "two");
    await utimes(path, 5, 5);
    const third = await loaders.find("a.efi");
    expect(third.kind === "file" && Buffer.from(third.bytes).toString()).toBe("two");
  });

  it("says what to do when there is none, within a ROM's line", async () => {
    const found = await library().find("snponly-arm64.efi");
    const reason = found.kind === "missing" ? found.reason : "";
    expect(reason.slice(0, 100)).toContain("install the ipxe package or set loaders.folders");
    expect(reason).toContain(folder);
    expect(reason).toContain(system);
  });

  it("follows no link out of the operator's folder", async () => {
    await writeFile(join(root, "secret"), "s");
    await symlink("../secret", join(folder, "link.efi"));
    expect(await library().find("link.efi")).toMatchObject({
      kind: "missing",
      reason: expect.stringContaining("link out of"),
    });
  });

  it("refuses a file that is too large", async () => {
    await writeFile(join(folder, "big.efi"), Buffer.alloc(101));
    expect(await library().find("big.efi")).toEqual({
      kind: "missing",
      reason: "big.efi has 101 bytes, want at most 100",
    });
  });

  it("takes no folder, no FIFO and nothing hidden", async () => {
    await mkdir(join(folder, "folder.efi"));
    execFileSync("mkfifo", [join(folder, "fifo.efi")]);
    await writeFile(join(folder, ".hidden"), "h");
    for (const name of ["folder.efi", "fifo.efi", ".hidden", "../own/a.efi"]) {
      expect(await library().find(name)).toMatchObject({ kind: "missing" });
    }
  });
});

describe("list", () => {
  it("names packaged and own loaders in order and leaves out what is not there", async () => {
    await writeFile(join(system, "undionly.kpxe"), "packaged");
    await writeFile(join(folder, "custom.efi"), "own");
    await writeFile(join(folder, ".hidden"), "h");
    const names = (await library().list()).map(({ name }) => name);
    expect(names).toEqual(["custom.efi", "undionly.kpxe"]);
  });

  it("is empty where the folders do not exist", async () => {
    const none = openLoaderLibrary({ folders: ["/nonexistent"], systemFolders: [] });
    expect(await none.list()).toEqual([]);
  });
});

describe("has", () => {
  it("sees a file as soon as it is there, by each of its packaged spellings", async () => {
    const loaders = library();
    expect(loaders.has("snponly-arm64.efi")).toBe(false);
    await writeFile(join(system, "arm64-efi", "snponly.efi"), "arm");
    expect(loaders.has("snponly-arm64.efi")).toBe(true);
    expect(loaders.has("snponly.efi")).toBe(false);
  });

  it("takes a folder, a path and a folder that is none for no loader", async () => {
    await mkdir(join(folder, "dir.efi"));
    await writeFile(join(root, "plain"), "");
    expect(library().has("dir.efi")).toBe(false);
    expect(library().has("../own/x")).toBe(false);
    const odd = openLoaderLibrary({ folders: [join(root, "plain")], systemFolders: [] });
    expect(odd.has("snponly.efi")).toBe(false);
  });
});
