import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ImageManifest } from "../../../src/assets/image/manifest.ts";
import { type RawStep, withRawDigests } from "../../../src/assets/image/raw-digest.ts";
import { sha256Of } from "../../support/bundle.ts";
import { imageOf } from "../../support/image-host.ts";

const raw = Buffer.alloc(3 << 20, "a disk ");
const half = raw.length / 2;
const packers = {
  gz: gzipSync,
  zst: (bytes: Uint8Array) => zstdCompressSync(bytes),
  xz: (input: Uint8Array) => execFileSync("xz", ["--stdout"], { input }),
  bz2: (input: Uint8Array) => execFileSync("bzip2", ["--stdout"], { input }),
} as const;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-raw-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function manifestOf(role: "disk" | "initrd", file: string, bytes: Uint8Array): ImageManifest {
  writeFileSync(join(folder, file), bytes);
  const id = { name: "a", version: "1", arch: "x86_64" } as const;
  const manifest = JSON.parse(imageOf({ id, files: { [file]: "x" } }).files["manifest.json"] ?? "");
  return { ...manifest, files: manifest.files.map((row: object) => ({ ...row, role })) };
}

async function digest(manifest: ImageManifest) {
  const steps: RawStep[] = [];
  const { signal } = new AbortController();
  const deps = { tell: (step: RawStep) => steps.push(step), signal };
  const { files } = await withRawDigests(manifest, folder, deps);
  return { raw: files[0]?.rawSha256, steps };
}

describe("withRawDigests", () => {
  it.each(["gz", "zst", "xz", "bz2"] as const)(
    "unpacks %s, of several pieces too",
    async (kind) => {
      const pieces = [packers[kind](raw.subarray(0, half)), packers[kind](raw.subarray(half))];
      const packed = Buffer.concat(pieces);
      const { raw: got, steps } = await digest(manifestOf("disk", `d.raw.${kind}`, packed));
      expect(got).toBe(sha256Of(raw));
      const { length } = packed;
      const last = { kind: "unpacking", file: `d.raw.${kind}`, bytes: length, total: length };
      expect(steps.at(-1)).toEqual(last);
    },
  );

  it.each([
    { name: "a disk that is not packed", role: "disk", file: "d.raw" },
    { name: "what is no disk", role: "initrd", file: "i.img.gz" },
  ] as const)("leaves $name", async ({ role, file }) => {
    expect(await digest(manifestOf(role, file, raw))).toEqual({ raw: undefined, steps: [] });
  });

  it.each(["gz", "zst", "xz", "bz2"] as const)("refuses %s that is cut off", async (kind) => {
    const packed = packers[kind](raw);
    const manifest = manifestOf("disk", `d.${kind}`, packed.subarray(0, packed.length - 4));
    await expect(digest(manifest)).rejects.toMatchObject({
      code: "image.broken",
      message: expect.stringMatching(/^the disk image d\.\w+ cannot be unpacked: \S/),
    });
  });

  it("says what is missing on a host without the program", async () => {
    const { PATH } = process.env;
    process.env["PATH"] = folder;
    try {
      const { raw: got, steps } = await digest(manifestOf("disk", "d.bz2", raw));
      expect(got).toBeUndefined();
      expect(steps).toEqual([{ kind: "note", sentence: expect.stringContaining("install bzip2") }]);
    } finally {
      process.env["PATH"] = PATH;
    }
  });

  it("stops when it is told to", async () => {
    const manifest = manifestOf("disk", "d.gz", gzipSync(raw));
    const stop = new AbortController();
    const tell = () => stop.abort();
    const run = withRawDigests(manifest, folder, { tell, signal: stop.signal });
    await expect(run).rejects.toMatchObject({ name: "AbortError" });
  });
});
