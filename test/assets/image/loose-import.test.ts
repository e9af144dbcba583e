import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checksumsGiven, readChecksums } from "../../../src/assets/image/hand-checksums.ts";
import type { HandStep, HandWish } from "../../../src/assets/image/hand-import.ts";
import { importLoose } from "../../../src/assets/image/loose-import.ts";
import { parseRecipe } from "../../../src/assets/image/recipe.ts";
import { sha256Of, writeFiles } from "../../support/bundle.ts";
import { type GpgSigners, openSigners } from "../../support/gpg-signers.ts";
import { type ImageHost, openImageHost } from "../../support/image-host.ts";

let gpg: GpgSigners;
let [pinned, stranger] = ["", ""];
beforeAll(async () => {
  gpg = await openSigners("20260101T000000");
  [pinned, stranger] = [await gpg.key("upstream"), await gpg.key("stranger")];
});
afterAll(() => gpg[Symbol.asyncDispose]());

const now = Date.parse("2026-11-30T08:00:00Z");
const recipe = parseRecipe(
  "rescue",
  `{ name: rescue, title: Rescue, upstream: ubuntu, mirrors: ["https://u.example"], channels: [stable],
    architectures: { x86_64: amd64 }, keys: [{ owner: U, fingerprint: ${"a".repeat(40)} }],
    files: [ { role: archive, from: "n-{version}.tar.gz", file: n.tar.gz, members:
                 [{ role: kernel, member: "{arch}/linux", file: boot/vmlinuz }] },
             { role: initrd, from: "{version}/initrd-{arch}", file: initrd },
             { role: iso, from: "x-{version}.iso", file: live.iso, optional: true } ],
    boot: { args: [initrd=main, "repo={tree}"], ramMib: 1, secureBoot: signed } }`,
);

let site: ImageHost;
let folder = "";
beforeEach(() => {
  site = openImageHost();
  folder = join(site.root, "stick");
  writeFiles(folder, { linux: "kernel", "initrd-amd64": "initrd", notes: "" });
});
afterEach(() => site[Symbol.dispose]());

const at = (...names: string[]) => names.map((name) => join(folder, name));
const sums = `${sha256Of("kernel")}  linux\n${sha256Of("initrd")} *initrd-amd64\n`;
const given = new Map([
  ["linux", sha256Of("kernel")],
  ["initrd-amd64", sha256Of("initrd")],
] as const);

const wishOf = (change: Partial<HandWish> = {}): HandWish => ({
  ...{ library: site.library, recipeOf: async () => recipe, dryRun: false, tell: () => {} },
  ...{ as: { name: "rescue", version: "7" }, now, signal: new AbortController().signal },
  checksumsFor: async () => checksumsGiven(given),
  ...change,
});

const trust = (fingerprint: string) => ({
  trusted: async () => [{ owner: "U", fingerprint, material: await gpg.publish(fingerprint) }],
  now,
});

describe("files of an image that were brought one by one", () => {
  it("lie where the recipe has them", async () => {
    const steps: HandStep[] = [];
    const wish = wishOf({ tell: (step) => steps.push(step) });
    const id = await importLoose(at("linux", "initrd-amd64", "notes"), wish);
    const { "manifest.json": _own, ...files } = site.tree("assets/images/rescue/7/x86_64");
    expect(files).toEqual({ "boot/vmlinuz": sha256Of("kernel"), initrd: sha256Of("initrd") });
    const { manifest } = await site.library.find(id);
    expect(manifest.files.map(({ role, file, url }) => [role, file, url])).toEqual([
      ["kernel", "boot/vmlinuz", "file:linux"],
      ["initrd", "initrd", "file:initrd-amd64"],
    ]);
    expect(steps).toContainEqual({
      kind: "note",
      sentence: "notes is no file of the recipe rescue: left out",
    });
  });

  it("keep the checksum of what a packed disk holds", async () => {
    const packed = gzipSync("a disk");
    writeFileSync(join(folder, "d.raw.gz"), packed);
    const disk = { role: "disk", from: "d.raw.gz", file: "disk.raw.gz" } as const;
    const [archive, initrd] = recipe.files;
    if (archive === undefined || initrd === undefined) throw new Error("want two files");
    const files = [archive, initrd, { ...initrd, ...disk }];
    const all = new Map([...given, ["d.raw.gz", sha256Of(packed)] as const]);
    const steps: HandStep[] = [];
    const wish = wishOf({
      recipeOf: async () => ({ ...recipe, files }),
      checksumsFor: async () => checksumsGiven(all),
      tell: (step) => steps.push(step),
    });
    const id = await importLoose(at("linux", "initrd-amd64", "d.raw.gz"), wish);
    const { manifest } = await site.library.find(id);
    expect(manifest.files.map(({ rawSha256 }) => rawSha256)).toEqual([
      ...[undefined, undefined, sha256Of("a disk")],
    ]);
    expect(steps.at(-1)).toMatchObject({ kind: "unpacking", file: "disk.raw.gz" });
  });

  it("may have the names of the image's folder", async () => {
    writeFiles(folder, { vmlinuz: "kernel", initrd: "initrd" });
    const named = new Map([
      ["vmlinuz", sha256Of("kernel")],
      ["initrd", sha256Of("initrd")],
    ]);
    const wish = wishOf({ checksumsFor: async () => checksumsGiven(named) });
    await importLoose(at("initrd", "vmlinuz"), wish);
    expect(site.tree()).toHaveProperty("rescue/7/x86_64/boot/vmlinuz", sha256Of("kernel"));
  });

  it.each([
    {
      name: "without a name",
      files: ["linux"],
      change: { as: undefined },
      want: /--as NAME@VERSION/,
    },
    {
      name: "without a version",
      files: ["linux"],
      change: { as: { name: "rescue" } },
      want: /--as NAME@VERSION/,
    },
    {
      name: "with a file missing",
      files: ["linux", "notes"],
      change: {},
      want: /rescue has a initrd: want a file initrd-amd64 or initrd, got linux, notes/,
    },
    {
      name: "with a file twice",
      files: ["linux", "vmlinuz", "initrd-amd64"],
      change: {},
      want: /vmlinuz is not the only file that is boot\/vmlinuz/,
    },
    {
      name: "with a file that cannot be read",
      files: ["vmlinuz", "initrd-amd64"],
      change: {},
      want: /vmlinuz cannot be read: ENOENT/,
    },
    {
      name: "with one that nothing vouches for",
      files: ["linux", "initrd-amd64"],
      change: { checksumsFor: async () => checksumsGiven(new Map()) },
      want: new RegExp(`linux: nothing vouches for it; .* say --sha256 ${sha256Of("kernel")}`),
    },
    {
      name: "with other bytes",
      files: ["linux", "initrd-amd64"],
      change: { checksumsFor: async () => checksumsGiven(new Map([["linux", "b".repeat(64)]])) },
      want: /linux: want SHA-256 bbbb/,
    },
  ])("are refused $name", async ({ files, change, want }) => {
    await expect(importLoose(at(...files), wishOf(change))).rejects.toThrow(want);
    expect(site.tree()).toEqual({});
  });
});

describe("a file of checksums", () => {
  const write = (name: string, bytes: string | Uint8Array) =>
    writeFileSync(join(folder, name), bytes);
  const files = () => at("linux", "initrd-amd64");
  const read = (name: string, fingerprint = pinned) => {
    return wishOf({ checksumsFor: () => readChecksums(join(folder, name), trust(fingerprint)) });
  };

  it.each(["gpg", "sig", "asc", "sign"])(
    "is vouched for by its signature in .%s",
    async (ending) => {
      write("SHA256SUMS", sums);
      write(
        `SHA256SUMS.${ending}`,
        await gpg.sign(Buffer.from(sums), { by: pinned, form: "armored" }),
      );
      const { manifest, folder: place } = await site.library.find(
        await importLoose(files(), read("SHA256SUMS")),
      );
      expect(manifest.files[0]?.vouchers).toEqual([{ kind: "document", document: "SHA256SUMS" }]);
      const signature = { kind: "signature", file: `SHA256SUMS.${ending}`, owner: "U" };
      expect(manifest.documents).toMatchObject([{ name: "SHA256SUMS", vouchers: [signature] }]);
      expect(readFileSync(join(place, "proof/SHA256SUMS"), "utf8")).toBe(sums);
      expect(readFileSync(join(place, `proof/SHA256SUMS.${ending}`)).length).toBeGreaterThan(50);
    },
  );

  it("may carry its signature, as Fedora's does", async () => {
    const bsd = `SHA256 (linux) = ${sha256Of("kernel")}\nSHA256 (initrd-amd64) = ${sha256Of("initrd")}\n`;
    write("CHECKSUM", await gpg.sign(Buffer.from(bsd), { by: pinned, form: "clear" }));
    const { manifest } = await site.library.find(await importLoose(files(), read("CHECKSUM")));
    expect(manifest.documents).toMatchObject([
      { name: "CHECKSUM", vouchers: [{ kind: "signature", file: "CHECKSUM" }] },
    ]);
  });

  it("is the operator's word where nobody signed it", async () => {
    write("SHA256SUMS", sums);
    const { manifest } = await site.library.find(await importLoose(files(), read("SHA256SUMS")));
    expect(manifest.documents[0]?.vouchers).toEqual([{ kind: "operator" }]);
  });

  it.each([
    {
      name: "a stranger signed it",
      by: () => stranger,
      text: sums,
      want: /SHA256SUMS.gpg: it is made by/,
    },
    {
      name: "it was changed",
      by: () => pinned,
      text: sums.replace("linux", "Linux"),
      want: /is not what U/,
    },
  ])("is refused where $name", async ({ by, text, want }) => {
    write("SHA256SUMS", text);
    write("SHA256SUMS.gpg", await gpg.sign(Buffer.from(sums), { by: by() }));
    await expect(importLoose(files(), read("SHA256SUMS"))).rejects.toThrow(want);
    expect(site.tree()).toEqual({});
  });

  it("is refused where its signature is none, and where it is not there", async () => {
    write("SHA256SUMS", sums);
    write("SHA256SUMS.sig", "garbage");
    const garbage = importLoose(files(), read("SHA256SUMS"));
    await expect(garbage).rejects.toThrow(/SHA256SUMS.sig: not an OpenPGP signature/);
    await expect(importLoose(files(), read("none"))).rejects.toThrow(/none cannot be read: ENOENT/);
  });
});
