import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImageProof } from "../../../src/assets/image/bundle-intake.ts";
import { vouchByRecipes } from "../../../src/assets/image/bundle-vouch.ts";
import type { ImageManifest } from "../../../src/assets/image/manifest.ts";
import { manifestId, parseManifest } from "../../../src/assets/image/manifest.ts";
import { parseRecipe, type Recipe } from "../../../src/assets/image/recipe.ts";
import { Digests } from "../../../src/assets/image/verify.ts";
import { sha256Of } from "../../support/bundle.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type GpgSigners, openSigners } from "../../support/gpg-signers.ts";
import {
  documentOf,
  type ImageWishes,
  imageOf,
  signedBy,
  type WrittenImage,
} from "../../support/image-host.ts";

let gpg: GpgSigners;
let [pinned, stranger, publicKey, strangersKey] = ["", "", "", ""];
beforeAll(async () => {
  gpg = await openSigners("20260101T000000");
  [pinned, stranger] = [await gpg.key("upstream"), await gpg.key("stranger")];
  publicKey = (await gpg.publish(pinned)).toString();
  strangersKey = (await gpg.publish(stranger)).toString();
});
afterAll(() => gpg[Symbol.asyncDispose]());

const now = Date.parse("2026-11-30T08:00:00Z");
const id = { name: "rescue", version: "7", arch: "x86_64" } as const;
const boot = "boot: { args: [initrd=main], ramMib: 1024, secureBoot: unsigned }";
const mirror = "mirrors: [https://files.example]";

const recipeOf = (...lines: string[]): Recipe => {
  const common = ["name: rescue", "title: R", mirror, "architectures: { x86_64: amd64 }", boot];
  return parseRecipe("test", [...common, ...lines].join("\n"));
};
const keys = () => `keys: [{ owner: our builders, fingerprint: ${pinned} }]`;

/** Each file signed by itself. */
const signedRecipe = () =>
  recipeOf(
    ...["upstream: custom", 'version: "7"', "channels: [stable]", keys()],
    "files: [{ role: kernel, from: vmlinuz, file: vmlinuz, signature: vmlinuz.sig }]",
  );
const summedRecipe = (sha256: string) =>
  recipeOf(
    ...["upstream: custom", 'version: "7"', "channels: [stable]"],
    `files: [{ role: kernel, from: vmlinuz, file: vmlinuz, sha256: ${sha256} }]`,
  );
/** InRelease vouches for SHA256SUMS, which vouches for the file. */
const debianRecipe = () =>
  recipeOf(
    ...["upstream: debian", "channels: [trixie]", keys()],
    "files: [{ role: kernel, from: 'dists/{channel}/main/installer-{arch}/current/images/netboot/linux', file: linux }]",
  );
const treeRecipe = () =>
  recipeOf(
    ...["upstream: treeinfo", "channels: ['7']", 'index: "{channel}/os"'],
    'files: [{ role: kernel, from: "{channel}/os/vmlinuz", file: vmlinuz }]',
  );
/** A kernel out of a signed archive, and an ISO, as Ubuntu has them. */
const ubuntuRecipe = () =>
  recipeOf(
    ...["upstream: ubuntu", "channels: ['24.04']", keys(), "files:"],
    '  - { role: archive, from: "{channel}/ubuntu-{version}-netboot-{arch}.tar.gz", file: n.tar.gz,',
    "      members: [{ role: kernel, member: linux, file: linux }] }",
    '  - { role: iso, from: "{channel}/ubuntu-{version}-live-server-{arch}.iso", file: live.iso }',
  );

function proofOf({ files }: WrittenImage): ImageProof {
  const manifest = parseManifest("m", files["manifest.json"] ?? "");
  const papers = Object.entries(files).filter(([file]) => /^(?:manifest.json|proof\/)/.test(file));
  const bytes = papers.map(([file, text]) => [file, Buffer.from(text, "latin1")] as const);
  return { id: manifestId(manifest), manifest, papers: new Map(bytes) };
}

type Setting = { recipe?: Recipe; isVouchedFor?: boolean; local?: readonly string[] };

/** Who vouches for each file of the image. */
async function vouch(image: WrittenImage, { recipe, isVouchedFor = false, local = [] }: Setting) {
  const checks = await vouchByRecipes({
    recipeOf: async () => recipe,
    keysOf: async () => local.map((key) => Buffer.from(key)),
    ...{ clock: new FakeClock(now), isVouchedFor },
  })(proofOf(image));
  const said: Record<string, string> = {};
  for (const [file, check] of checks) {
    const digests = new Digests(check.algorithms);
    digests.update(Buffer.from(image.files[file] ?? ""));
    said[file] = await check.judge(digests);
  }
  return said;
}

const sign = async (text: string, by: string, form: "armored" | "clear" = "armored") => {
  return (await gpg.sign(Buffer.from(text), { by, form })).toString("latin1");
};

async function signedImage({ by = pinned, kernel = "kernel", key = publicKey } = {}) {
  return imageOf({
    id,
    files: { vmlinuz: kernel },
    papers: { "vmlinuz.sig": await sign("kernel", by), "keys/upstream.asc": key },
    vouchers: { vmlinuz: [signedBy("vmlinuz.sig", by)] },
  });
}

describe("a file with a signature", () => {
  it("is vouched for by the key that this host pins", async () => {
    const said = await vouch(await signedImage(), { recipe: signedRecipe() });
    expect(said).toEqual({ vmlinuz: `our builders (${pinned})` });
  });

  it("needs no key in the bundle where this host has it", async () => {
    const image = await signedImage({ key: "no key" });
    const said = await vouch(image, { recipe: signedRecipe(), local: [publicKey] });
    expect(said).toMatchObject({ vmlinuz: expect.stringContaining("our builders") });
  });

  it("is refused without the key, by another key, and with other bytes", async () => {
    const recipe = signedRecipe();
    const without = await signedImage({ key: "no key" });
    await expect(vouch(without, { recipe })).rejects.toThrow(
      /rescue\/7\/x86_64\/vmlinuz: signature/,
    );
    const foreign = await signedImage({ by: stranger, key: strangersKey });
    await expect(vouch(foreign, { recipe })).rejects.toThrow(
      /which is under none of|is made by the key/,
    );
    const changed = await signedImage({ kernel: "KERNEL" });
    await expect(vouch(changed, { recipe })).rejects.toThrow(/is not what our builders signed/);
  });

  it("is refused so whatever the operator says of the bundle", async () => {
    const changed = await signedImage({ kernel: "KERNEL" });
    const setting = { recipe: signedRecipe(), isVouchedFor: true };
    await expect(vouch(changed, setting)).rejects.toThrow(/is not what our builders signed/);
  });

  it("is refused where its signature is not there or is none", async () => {
    const image = imageOf({ id, files: { vmlinuz: "kernel" } });
    const recipe = signedRecipe();
    await expect(vouch(image, { recipe })).rejects.toThrow(/its signature is not in the bundle/);
    const garbage = imageOf({
      ...{ id, files: { vmlinuz: "kernel" }, papers: { "vmlinuz.sig": "garbage" } },
      vouchers: { vmlinuz: [signedBy("vmlinuz.sig", pinned)] },
    });
    await expect(vouch(garbage, { recipe })).rejects.toThrow(/not an OpenPGP signature/);
  });
});

describe("a file with a checksum", () => {
  const image = imageOf({ id, files: { vmlinuz: "kernel" } });

  it("of this host's recipe is vouched for", async () => {
    const said = await vouch(image, { recipe: summedRecipe(sha256Of("kernel")) });
    expect(said).toEqual({ vmlinuz: "the checksum in the recipe" });
  });

  it("of another is refused, whatever the operator says", async () => {
    const setting = { recipe: summedRecipe("a".repeat(64)), isVouchedFor: true };
    await expect(vouch(image, setting)).rejects.toThrow(/the index wants SHA-256 aaaa/);
  });

  const treeinfo = `[general]\nversion = 7\n[checksums]\nvmlinuz = sha256:${sha256Of("kernel")}\n`;
  const tree = imageOf({
    ...{ id, files: { vmlinuz: "kernel" }, papers: { treeinfo }, change: { channel: "7" } },
    documents: [documentOf("treeinfo", treeinfo, [{ kind: "https", host: "files.example" }])],
  });

  it("of an index that nobody signs wants the operator's word", async () => {
    const recipe = treeRecipe();
    await expect(vouch(tree, { recipe })).rejects.toThrow(
      /nothing here proves it: its upstream signs nothing; if it is right, .* say --sha256/,
    );
    expect(await vouch(tree, { recipe, isVouchedFor: true })).toEqual({
      vmlinuz: "the bundle's SHA-256",
    });
  });
});

async function debianImage(wish: Partial<ImageWishes> & { by?: string; linux?: string } = {}) {
  const { by = pinned, linux = "kernel", ...rest } = wish;
  const sums = `${sha256Of("kernel")}  ./netboot/linux\n`;
  const path = "main/installer-amd64/current/images/SHA256SUMS";
  const release = `Version: 7\nSHA256:\n ${sha256Of(sums)} ${sums.length} ${path}\n`;
  const inRelease = await sign(release, by, "clear");
  const list = { kind: "document", document: "InRelease" } as const;
  return imageOf({
    ...{ id, files: { linux }, change: { channel: "trixie" } },
    papers: { InRelease: inRelease, SHA256SUMS: sums, "keys/upstream.asc": publicKey },
    documents: [
      documentOf("InRelease", inRelease, [signedBy("InRelease", by)]),
      documentOf("SHA256SUMS", sums, [list]),
    ],
    ...rest,
  });
}

describe("a file whose checksum is in a signed index", () => {
  it("is vouched for by who signed it", async () => {
    const said = await vouch(await debianImage(), { recipe: debianRecipe() });
    expect(said).toEqual({ linux: `our builders (${pinned})` });
  });

  it("is refused with other bytes, and where a stranger signed the index", async () => {
    const recipe = debianRecipe();
    const changed = await debianImage({ linux: "KERNEL" });
    await expect(vouch(changed, { recipe })).rejects.toThrow(/linux: the index wants SHA-256/);
    const foreign = await debianImage({ by: stranger });
    await expect(vouch(foreign, { recipe })).rejects.toThrow(
      /InRelease of .*: its signature: it is made by/,
    );
  });

  it("is refused where a document is not what the signed one lists", async () => {
    const { files } = await debianImage({ linux: "evil" });
    const other = `${sha256Of("evil")}  ./netboot/linux\n`;
    const forged = { id, files: { ...files, "proof/SHA256SUMS": other } };
    const forging = vouch(forged, { recipe: debianRecipe(), isVouchedFor: true });
    await expect(forging).rejects.toThrow(/SHA256SUMS of .* has SHA-256 .*, want .* of InRelease/);
  });

  it("wants the operator's word where the index is not in the bundle", async () => {
    const { files } = await debianImage();
    const { "proof/InRelease": _gone, ...rest } = files;
    const recipe = debianRecipe();
    const bare = { id, files: rest };
    await expect(vouch(bare, { recipe })).rejects.toThrow(
      /does not bring the index of its upstream/,
    );
    const said = await vouch(bare, { recipe, isVouchedFor: true });
    expect(said).toEqual({ linux: "the bundle's SHA-256" });
  });

  it.each([
    {
      name: "of another version",
      change: { version: "8" },
      want: /trixie is at 7, got asked for 8/,
    },
    { name: "as another role", change: { role: "initrd" as const }, want: /as kernel, got initrd/ },
  ])("is refused $name", async ({ change, want }) => {
    const image = await debianImage();
    const { manifest } = proofOf(image);
    const { role, ...rest } = { role: "kernel" as const, ...change };
    const files = manifest.files.map((row) => ({ ...row, role }));
    const forged = await debianImage({ change: { channel: "trixie", files, ...rest } });
    await expect(vouch(forged, { recipe: debianRecipe() })).rejects.toThrow(want);
  });
});

describe("what an index cannot prove", () => {
  const sums = [
    `${sha256Of("archive")} *ubuntu-24.04.3-netboot-amd64.tar.gz`,
    `${sha256Of("iso")} *ubuntu-24.04.3-live-server-amd64.iso`,
  ].join("\n");

  it("is a file out of an archive that was not kept", async () => {
    const files = [
      { role: "kernel" as const, file: "linux", body: "kernel" },
      { role: "iso" as const, file: "live.iso", body: "iso" },
    ];
    const image = imageOf({
      id: { ...id, version: "24.04.3" },
      files: Object.fromEntries(files.map(({ file, body }) => [file, body])),
      papers: { SHA256SUMS: sums, "SHA256SUMS.gpg": await sign(sums, pinned), "k.asc": publicKey },
      documents: [documentOf("SHA256SUMS", sums, [signedBy("SHA256SUMS.gpg", pinned)])],
      change: { channel: "24.04" },
    });
    const { manifest } = proofOf(image);
    const rows = manifest.files.map((row, at) => ({ ...row, role: files[at]?.role ?? row.role }));
    const right: ImageManifest = { ...manifest, files: rows };
    const whole = { ...image, files: { ...image.files, "manifest.json": JSON.stringify(right) } };
    const recipe = ubuntuRecipe();
    await expect(vouch(whole, { recipe })).rejects.toThrow(
      /linux: nothing here proves it: it was taken out/,
    );
    expect(await vouch(whole, { recipe, isVouchedFor: true })).toEqual({
      linux: "the bundle's SHA-256",
      "live.iso": `our builders (${pinned})`,
    });
  });

  it.each([
    {
      name: "other boot arguments",
      change: { boot: { args: ["init=/bin/sh"], required: [], ramMib: 1, secureBoot: "unsigned" } },
      want: /its boot arguments are not those/,
    },
    { name: "another tree", change: { tree: "https://evil.example/" }, want: /is at no mirror of/ },
    {
      name: "a tree with a name like a mirror's",
      change: { tree: "https://files.example.evil/" },
      want: /is at no mirror of/,
    },
  ] as const)("is $name than this host's recipe has", async ({ change, want }) => {
    const image = imageOf({
      id,
      files: { vmlinuz: "kernel" },
      change: change as Partial<ImageManifest>,
    });
    const recipe = summedRecipe(sha256Of("kernel"));
    await expect(vouch(image, { recipe })).rejects.toThrow(want);
    expect(await vouch(image, { recipe, isVouchedFor: true })).toEqual({
      vmlinuz: "the checksum in the recipe",
    });
  });

  it("is an image that this host has no recipe for", async () => {
    const image = imageOf({ id, files: { vmlinuz: "kernel" } });
    await expect(vouch(image, {})).rejects.toThrow(/this host has no recipe rescue/);
    expect(await vouch(image, { isVouchedFor: true })).toEqual({ vmlinuz: "the bundle's SHA-256" });
  });
});
