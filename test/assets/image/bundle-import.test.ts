import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exportBundle } from "../../../src/assets/image/bundle-export.ts";
import { type ImportWish, importBundle } from "../../../src/assets/image/bundle-import.ts";
import type { Vouch } from "../../../src/assets/image/bundle-intake.ts";
import type { ImageId } from "../../../src/assets/image/image.ts";
import { ErrorTable, KindlingError } from "../../../src/errors.ts";
import { bundleOf, type Packed, sealed, sealOf, tarOf } from "../../support/bundle.ts";
import { type ImageHost, imageOf, openImageHost } from "../../support/image-host.ts";
import { hasProgram } from "../../support/iso.ts";

const fcos: ImageId = { name: "fcos", version: "43.1", arch: "x86_64" };
const arm: ImageId = { ...fcos, arch: "arm64" };
const images = [
  imageOf({
    id: fcos,
    files: {
      vmlinuz: "kernel".repeat(5000),
      "images/initrd.img": "",
      [`${"n".repeat(120)}`]: "long",
    },
    papers: { "vmlinuz.sig": "signature", "keys/upstream.asc": "key" },
  }),
  imageOf({ id: arm, files: { vmlinuz: "other kernel" } }),
] as const;

let from: ImageHost;
let to: ImageHost;
let bundle = "";
beforeEach(() => {
  [from, to] = [openImageHost(), openImageHost()];
  for (const image of images) from.put(image);
  bundle = join(from.root, "site.kindling");
});
afterEach(() => {
  from[Symbol.dispose]();
  to[Symbol.dispose]();
});

const anyone: Vouch = async () => new Map();
const { signal } = new AbortController();

async function exportTo(file = bundle) {
  const { images: stored } = await from.library.list();
  return await exportBundle({ images: stored, file, progress: () => {}, signal });
}

function bringIn(wish: Partial<ImportWish> = {}) {
  const rest = { dryRun: false, repacked: false, tell: () => {}, signal };
  return importBundle({ file: bundle, library: to.library, vouch: anyone, ...rest, ...wish });
}

/** What the import said, whose exit code is 6; nothing is left behind. */
async function refusalOf(wish: Partial<ImportWish> = {}): Promise<string> {
  const error: unknown = await bringIn(wish).then(
    () => "imported",
    (reason: unknown) => reason,
  );
  if (!(error instanceof KindlingError)) throw error;
  expect(ErrorTable[error.code].exit, error.message).toBe(6);
  expect(to.tree()).toEqual({});
  expect(existsSync(join(to.root, "images/import"))).toBe(false);
  return error.message;
}

describe("a bundle that goes from one host to another", () => {
  it("brings the same bytes", async () => {
    await exportTo();
    expect(await bringIn()).toEqual([
      { id: arm, outcome: "new" },
      { id: fcos, outcome: "new" },
    ]);
    expect(to.tree()).toEqual(from.tree());
    expect((await to.library.list()).images).toHaveLength(2);
    expect(readdirSync(join(to.root, "images")).sort()).toEqual(["locks", "partial"]);
  });

  it("is the same file each time, and in whatever order images are named", async () => {
    const { sha256, bytes } = await exportTo();
    const { images: stored } = await from.library.list();
    const again = join(from.root, "again");
    const wish = { file: again, progress: () => {}, signal };
    const other = await exportBundle({ images: stored.toReversed(), ...wish });
    expect([other.sha256, other.bytes]).toEqual([sha256, bytes]);
    expect(readFileSync(again).equals(readFileSync(bundle))).toBe(true);
  });

  it("is told apart from what is here already", async () => {
    await exportTo();
    await bringIn();
    const before = to.tree();
    expect((await bringIn()).map(({ outcome }) => outcome)).toEqual(["same", "same"]);
    const changed = imageOf({ id: arm, files: { vmlinuz: "newer kernel" } });
    from.put(changed);
    await exportTo();
    expect(await bringIn()).toEqual([
      { id: arm, outcome: "replaced" },
      { id: fcos, outcome: "same" },
    ]);
    expect(to.tree()).toEqual(from.tree());
    expect(to.tree()).not.toEqual(before);
  });

  it("is only looked at in a dry run", async () => {
    await exportTo();
    expect(await bringIn({ dryRun: true })).toMatchObject([{ outcome: "new" }, { outcome: "new" }]);
    expect([to.tree(), readdirSync(to.root)]).toEqual([{}, ["assets"]]);
  });

  it("says how far it is, of how much", async () => {
    await exportTo();
    const steps: string[] = [];
    await bringIn({ tell: (step) => steps.push(JSON.stringify(step)) });
    const total = images.flatMap(({ files }) => Object.values(files)).join("").length;
    expect(steps.at(-1)).toContain(`"done":${total},"total":${total}`);
  });

  it("is taken when the operator's checksum of it fits, and only then", async () => {
    const { sha256 } = await exportTo();
    expect(await refusalOf({ sha256: "a".repeat(64) })).toContain(`want SHA-256 ${"a".repeat(64)}`);
    expect(await bringIn({ sha256 })).toHaveLength(2);
  });

  it("is one import at a time", async () => {
    await exportTo();
    const both = await Promise.allSettled([bringIn(), bringIn()]);
    const failed = both.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
    expect(failed).toEqual([expect.stringMatching(/an import runs already, pid \d+/)]);
  });

  it("stops when it is told to, and leaves nothing", async () => {
    await exportTo();
    const stopped = AbortSignal.abort();
    await expect(bringIn({ signal: stopped })).rejects.toThrow(/abort/);
    expect(to.tree()).toEqual({});
  });
});

describe("a damaged image", () => {
  it.each([
    {
      name: "a changed file",
      place: "vmlinuz",
      text: "k".repeat(30_000),
      want: /vmlinuz: want SHA-256/,
    },
    {
      name: "a longer file",
      place: "vmlinuz",
      text: "k".repeat(30_001),
      want: /want 30000 bytes, got 30001/,
    },
    { name: "a shorter file", place: "vmlinuz", text: "k", want: /want 30000 bytes, got 1/ },
    {
      name: "a stray file",
      place: "notes.txt",
      text: "",
      want: /notes.txt is not in its manifest/,
    },
  ])("is not exported: $name", async ({ place, text, want }) => {
    writeFileSync(join(from.root, "assets/images/fcos/43.1/x86_64", place), text);
    await expect(exportTo()).rejects.toThrow(want);
    expect(readdirSync(from.root)).toEqual(["assets"]);
  });
});

describe("a bundle that was changed", () => {
  it("in any one byte is refused", async () => {
    await from.library.remove(arm);
    await exportTo();
    const good = readFileSync(bundle);
    const accepted: number[] = [];
    for (let at = 0; at < good.length; at += 1) {
      const bytes = Buffer.from(good);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(bundle, bytes);
      const outcome = await bringIn({ dryRun: true }).catch((error: unknown) => error);
      if (outcome instanceof KindlingError && ErrorTable[outcome.code].exit === 6) continue;
      accepted.push(at);
    }
    expect(accepted).toEqual([]);
    expect(good.length).toBeGreaterThan(900);
  }, 60_000);

  it("in a file says which, and leaves the library as it was", async () => {
    const member = images[1];
    const files = Object.entries(member.files).map(([file, body]) => [
      `fcos/43.1/arm64/${file}`,
      body,
    ]);
    const { packed } = bundleOf(Object.fromEntries(files));
    const changed = packed.map((one) =>
      one.path.endsWith("vmlinuz") ? { ...one, body: "Other kernel" } : one,
    );
    writeFileSync(bundle, sealed(tarOf(changed)));
    expect(await refusalOf()).toMatch(
      /^fcos\/43.1\/arm64\/vmlinuz: want SHA-256 [0-9a-f]{64}, got/,
    );
  });

  it.each([1, 20, 56, 57, 200])("by %i bytes cut off is refused", async (count) => {
    await exportTo();
    const bytes = readFileSync(bundle);
    writeFileSync(bundle, bytes.subarray(0, bytes.length - count));
    expect(await refusalOf()).toMatch(/no seal at its end/);
  });

  it("to nothing is refused", async () => {
    writeFileSync(bundle, "");
    expect(await refusalOf()).toMatch(/no seal/);
    expect(await refusalOf({ repacked: true })).toMatch(/damaged or cut off/);
  });

  it("by bytes behind it is refused", async () => {
    await exportTo();
    appendFileSync(bundle, "junk");
    expect(await refusalOf()).toMatch(/no seal at its end/);
  });

  it("by bytes between its archive and its seal is refused", async () => {
    await exportTo();
    const frame = readFileSync(bundle).subarray(0, -56);
    const long = Buffer.concat([frame, Buffer.from("junk")]);
    writeFileSync(bundle, Buffer.concat([long, sealOf(long)]));
    expect(await refusalOf()).toMatch(/4 bytes come behind the end of its archive/);
    writeFileSync(bundle, Buffer.concat([frame, frame]));
    expect(await refusalOf({ repacked: true })).toMatch(/bytes come behind the end of its archive/);
  });
});

describe("a bundle that was made to harm", () => {
  const files = Object.fromEntries(
    Object.entries(images[1].files).map(([file, body]) => [`fcos/43.1/arm64/${file}`, body]),
  );
  const { packed } = bundleOf(files);
  const [head, manifest, kernel] = packed;
  const rows: readonly { name: string; members: readonly (Packed | undefined)[]; want: RegExp }[] =
    [
      { name: "nothing in it", members: [], want: /ends before/ },
      {
        name: "a file twice",
        members: [head, manifest, manifest, kernel],
        want: /next, got the file/,
      },
      {
        name: "a file more",
        members: [...packed, { path: "x", body: "" }],
        want: /want nothing more/,
      },
      {
        name: "a symbolic link in a file's place",
        members: [head, manifest, kernel && { ...kernel, body: "", type: "2" }],
        want: /got the link/,
      },
      {
        name: "a way out of its folder",
        members: [head, { path: "../../../../etc/cron.d/x", body: "" }],
        want: /got the file \.\.\//,
      },
      {
        name: "a way out in its list",
        members: bundleOf({ ...files, "fcos/43.1/arm64/../../x": "" }).packed,
        want: /relative path that stays/,
      },
      {
        name: "a file that no manifest names",
        members: bundleOf({ ...files, "fcos/43.1/arm64/more": "" }).packed,
        want: /more is not in its manifest/,
      },
      {
        name: "a manifest of another image",
        members: bundleOf({
          ...files,
          "fcos/43.1/arm64/manifest.json": images[0].files["manifest.json"] ?? "",
        }).packed,
        want: /manifest.json is of fcos\/43.1\/x86_64/,
      },
      {
        name: "a manifest that is none",
        members: bundleOf({ ...files, "fcos/43.1/arm64/manifest.json": "{}" }).packed,
        want: /arm64\/manifest.json: /,
      },
      {
        name: "a manifest with other blanks, which would not be the same here",
        members: bundleOf({
          ...files,
          "fcos/43.1/arm64/manifest.json": `${files["fcos/43.1/arm64/manifest.json"]} `,
        }).packed,
        want: /not as Kindling writes it/,
      },
    ];
  it.each(rows)("is refused: $name", async ({ members, want }) => {
    const present = members.filter((one) => one !== undefined);
    writeFileSync(bundle, sealed(tarOf(present)));
    expect(await refusalOf()).toMatch(want);
  });

  it("is refused before it fills the disk: zeros without end", async () => {
    const bytes = Buffer.concat([tarOf(packed), Buffer.alloc(2 ** 26)]);
    writeFileSync(bundle, sealed(bytes));
    expect(await refusalOf()).toMatch(/more bytes come behind the last file/);
  });

  it("is refused where nobody vouches for an image, and no other image is shown", async () => {
    await exportTo();
    const picky: Vouch = async ({ id }) => {
      const judge = async () => {
        throw new KindlingError("image.unverified", `${id.arch} is not signed`);
      };
      return id.arch === "x86_64" ? new Map([["vmlinuz", { algorithms: [], judge }]]) : new Map();
    };
    expect(await refusalOf({ vouch: picky })).toBe("x86_64 is not signed");
  });
});

const missing = ["tar", "zstd", "bsdtar"].filter((name) => !hasProgram(name));
const title = missing.length === 0 ? "" : ` (skipped: there is no ${missing.join(", ")} here)`;

describe.skipIf(missing.length > 0)(`other programs${title}`, () => {
  const run = (name: string, ...args: string[]) =>
    execFileSync(name, args, { cwd: from.root, stdio: ["ignore", "pipe", "pipe"] }).toString();

  it("read a bundle: GNU tar and bsdtar with zstd", async () => {
    await exportTo();
    const names = run("tar", "--zstd", "-tf", bundle).trim().split("\n");
    expect(names[0]).toBe("kindling-bundle.json");
    expect(names).toHaveLength(1 + Object.keys(from.tree()).length);
    expect(run("bsdtar", "-tf", bundle).trim().split("\n")).toEqual(names);
    run("mkdir", "out");
    run("tar", "--zstd", "-C", "out", "-xf", bundle);
    const { "kindling-bundle.json": _list, ...tree } = from.tree("out");
    expect(tree).toEqual(from.tree());
  });

  it.each(["gnu", "pax", "posix"])(
    "pack one again, as %s, which is taken with a word",
    async (format) => {
      await exportTo();
      run("mkdir", "out");
      run("tar", "--zstd", "-C", "out", "-xf", bundle);
      writeFileSync(join(from.root, "list"), run("tar", "--zstd", "-tf", bundle));
      const flags = ["--zstd", `--format=${format}`, "-C", "out", "-cf", bundle, "-T", "list"];
      run("tar", ...flags);
      expect(await refusalOf()).toMatch(/no seal at its end.* say --repacked/);
      expect(await bringIn({ repacked: true })).toHaveLength(2);
      expect(to.tree()).toEqual(from.tree());
    },
  );

  it("is no bundle with another archive in it", async () => {
    run("tar", "--zstd", "-cf", bundle, "assets");
    expect(await refusalOf({ repacked: true })).toMatch(/want the file kindling-bundle.json first/);
    writeFileSync(bundle, zstdCompressSync(Buffer.from("no archive")));
    expect(await refusalOf({ repacked: true })).toMatch(/ends before/);
  });
});
