import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ImageId } from "../../../src/assets/image/image.ts";
import { ImageLibrary } from "../../../src/assets/image/image-library.ts";
import { manifestOf } from "../../support/image-manifest.ts";

const at = "2026-11-30T07:22:04.000Z";
const id = { name: "fcos", version: "43.1", arch: "x86_64" } as const;

let root = "";
let library: ImageLibrary;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kindling-images-"));
  const folders = { published: join(root, "assets/images"), work: join(root, "images") };
  library = new ImageLibrary(folders, () => Date.parse(at));
});
afterEach(() => rmSync(root, { recursive: true }));

async function put(image: ImageId, text = "k"): Promise<void> {
  using stage = await library.stage(image);
  writeFileSync(join(stage.folder, "vmlinuz"), text);
  await stage.publish(manifestOf(image));
}

describe("ImageLibrary", () => {
  it("has nothing where nothing is", async () => {
    expect(await library.list()).toEqual({ images: [], broken: [] });
  });

  it("shows a whole image at once, and leaves no work behind", async () => {
    using stage = await library.stage(id);
    writeFileSync(join(stage.folder, "vmlinuz"), "k");
    expect(await library.list()).toEqual({ images: [], broken: [] });
    const image = await stage.publish(manifestOf(id));
    expect((await library.list()).images).toEqual([image]);
    expect(readFileSync(join(image.folder, "vmlinuz"), "utf8")).toBe("k");
    expect(existsSync(stage.folder)).toBe(false);
  });

  it("puts a second pull of a version in place of the first", async () => {
    await put(id);
    await put(id, "other");
    const { folder } = await library.find({ name: "fcos" });
    expect(readFileSync(join(folder, "vmlinuz"), "utf8")).toBe("other");
  });

  it("keeps what an earlier try left", async () => {
    {
      using stage = await library.stage(id);
      writeFileSync(join(stage.folder, "vmlinuz"), "half");
    }
    using again = await library.stage(id);
    expect(readFileSync(join(again.folder, "vmlinuz"), "utf8")).toBe("half");
  });

  it("shows no file that its manifest does not name", async () => {
    using stage = await library.stage(id);
    for (const file of ["vmlinuz", "half", "deep/half", "proof/x"]) {
      mkdirSync(join(stage.folder, file, ".."), { recursive: true });
      writeFileSync(join(stage.folder, file), "x");
    }
    const { folder } = await stage.publish(manifestOf(id));
    const left = readdirSync(folder, { recursive: true }).sort();
    expect(left).toEqual(["manifest.json", "proof", "proof/x", "vmlinuz"]);
  });

  it("lets one process at a time build images of one name", async () => {
    using _stage = await library.stage(id);
    const second = library.stage({ ...id, version: "44" });
    await expect(second).rejects.toThrow(`a pull of fcos runs already, pid ${process.pid}`);
    using _other = await library.stage({ ...id, name: "debian" });
  });

  it("puts what failed a check aside, with the reason", async () => {
    using stage = await library.stage(id);
    writeFileSync(join(stage.folder, "vmlinuz"), "bad");
    const folder = await stage.reject("the checksum differs");
    expect(folder).toBe(join(root, "images/quarantine/2026-11-30T07-22-04Z-fcos-43.1-x86_64"));
    expect(readFileSync(join(folder, "image/vmlinuz"), "utf8")).toBe("bad");
    const reason = JSON.parse(readFileSync(join(folder, "reason.json"), "utf8"));
    expect(reason).toEqual({ image: "fcos/43.1/x86_64", reason: "the checksum differs", at });
    expect(await library.list()).toEqual({ images: [], broken: [] });
  });

  it("finds the newest that is meant", async () => {
    for (const version of ["9.9", "9.10"]) await put({ ...id, version });
    await put({ ...id, version: "9.11", arch: "arm64" });
    const found = async (ref: object) => (await library.find({ name: "fcos", ...ref })).id.version;
    expect(await found({})).toBe("9.11");
    expect(await found({ arch: "x86_64" })).toBe("9.10");
    expect(await found({ version: "9.9" })).toBe("9.9");
    await expect(found({ version: "9" })).rejects.toThrow(
      "there is no image fcos@9 here; there is fcos@9.11, fcos@9.10, fcos@9.9",
    );
  });

  it("takes an image away with the folders it was alone in", async () => {
    await put(id);
    await put({ ...id, version: "44" });
    await library.remove(id);
    expect((await library.list()).images.map((image) => image.id.version)).toEqual(["44"]);
    await library.remove({ ...id, version: "44" });
    expect(existsSync(join(root, "assets/images/fcos"))).toBe(false);
  });

  it("tells folders that are no images from those that are", async () => {
    await put(id);
    const folder = (version: string) => join(root, `assets/images/fcos/${version}/x86_64`);
    for (const version of ["1", "2", "3"]) mkdirSync(folder(version), { recursive: true });
    writeFileSync(join(folder("2"), "manifest.json"), "{");
    writeFileSync(join(folder("3"), "manifest.json"), JSON.stringify(manifestOf(id)));
    const { images, broken } = await library.list();
    expect(images).toHaveLength(1);
    expect(broken.map(({ reason }) => reason)).toEqual([
      "its manifest is of fcos/43.1/x86_64",
      expect.stringContaining(join(folder("2"), "manifest.json")),
      "manifest.json cannot be read: ENOENT",
    ]);
  });

  it("wants both folders on one file system", async () => {
    const folders = { published: "/dev/shm/kindling-images-test", work: join(root, "images") };
    const apart = new ImageLibrary(folders, () => 0);
    try {
      await expect(apart.stage(id)).rejects.toThrow(/set images.folder to a folder there/);
    } finally {
      rmSync(folders.published, { recursive: true, force: true });
    }
  });

  it("lets go of the lock of a process that was killed", async () => {
    const source = join(import.meta.dirname, "../../../src/runtime/file-lock.ts");
    const script = `import { lockFile } from ${JSON.stringify(source)};
      lockFile(process.argv[1]); console.log("held"); setInterval(() => {}, 1000);`;
    mkdirSync(join(root, "images/locks"), { recursive: true });
    const lock = join(root, "images/locks/fcos");
    const child = execFile(process.execPath, ["--input-type=module", "-e", script, lock]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    await expect(library.stage(id)).rejects.toThrow(`pid ${child.pid}`);
    child.kill("SIGKILL");
    await ended;
    using _stage = await library.stage(id);
  });
});
