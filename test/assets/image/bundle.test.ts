import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Bundle,
  BundleReader,
  bundleFile,
  bundleMembers,
  formatBundle,
  isBundlePath,
  memberPath,
  parseBundle,
} from "../../../src/assets/image/bundle.ts";
import { WireError } from "../../../src/errors.ts";
import { bundleOf, type Packed, sha256Of, tarOf } from "../../support/bundle.ts";

/** Every file of the archive, given in chunks of these lengths and then the rest. */
function read(archive: Uint8Array, cuts: readonly number[] = []): Record<string, string> {
  const reader = new BundleReader();
  const found: Record<string, string> = {};
  const open: string[] = [];
  let at = 0;
  for (const cut of [...cuts, archive.length]) {
    for (const event of reader.push(archive.subarray(at, at + cut))) {
      if (event.kind === "begin") open.push(memberPath(event.member));
      if (event.kind === "begin") found[open.at(-1) ?? ""] = "";
      if (event.kind === "data") found[open.at(-1) ?? ""] += Buffer.from(event.bytes).toString();
      if (event.kind === "end") expect(memberPath(event.member)).toBe(open.at(-1));
    }
    at += cut;
  }
  reader.finish();
  return found;
}

const files = {
  "fcos/43.1/x86_64/manifest.json": "{}",
  "fcos/43.1/x86_64/proof/a.sig": "sig",
  "fcos/43.1/x86_64/vmlinuz": "kernel",
  "fcos/43.1/arm64/manifest.json": "{ }",
  "fcos/43.1/arm64/images/pxeboot/vmlinuz": "x".repeat(2000),
  "fcos/43.1/arm64/empty": "",
};
const { bundle, packed } = bundleOf(files);

describe("a bundle", () => {
  it("has manifests first, then proofs, then files, each sorted", () => {
    expect(bundleMembers(bundle).map(memberPath)).toEqual([
      "fcos/43.1/arm64/manifest.json",
      "fcos/43.1/x86_64/manifest.json",
      "fcos/43.1/x86_64/proof/a.sig",
      "fcos/43.1/arm64/empty",
      "fcos/43.1/arm64/images/pxeboot/vmlinuz",
      "fcos/43.1/x86_64/vmlinuz",
    ]);
  });

  it("is read as it was written, however the bytes are cut", () => {
    const archive = tarOf(packed);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1500 }), { maxLength: 30 }), (cuts) => {
        expect(read(archive, cuts)).toEqual(files);
      }),
    );
  });

  it("is read as it was written, whatever it holds", () => {
    const path = fc
      .array(fc.stringMatching(/^[a-z0-9._+~^@-]{1,60}$/), { minLength: 1, maxLength: 5 })
      .map((names) => names.map((name) => `f${name}`).join("/"))
      .filter((text) => !text.startsWith("proof"));
    const bodies = fc.dictionary(path, fc.string({ maxLength: 3000 }), { maxKeys: 6 });
    fc.assert(
      fc.property(bodies, (given) => {
        const names = Object.keys(given);
        if (names.some((one) => names.some((other) => other.startsWith(`${one}/`)))) return;
        const rows = Object.entries(given).map(([name, body]) => [`a/1/arm64/${name}`, body]);
        const all = { "a/1/arm64/manifest.json": "{}", ...Object.fromEntries(rows) };
        expect(read(tarOf(bundleOf(all).packed))).toEqual(all);
      }),
    );
  });
});

describe("BundleReader", () => {
  const [head, first, second, ...rest] = packed;
  const of = (...parts: readonly (Packed | undefined)[]) => {
    return tarOf(parts.filter((part) => part !== undefined));
  };
  const evil = { path: "x", body: "" };
  it.each([
    {
      name: "no list of files",
      archive: of(first),
      want: /want the file kindling-bundle.json first/,
    },
    {
      name: "a link for a list",
      archive: of({ ...evil, path: bundleFile, type: "2" }),
      want: /link/,
    },
    { name: "no archive", archive: Buffer.alloc(2048, 7), want: /tar header/ },
    { name: "nothing", archive: Buffer.alloc(0), want: /ends before/ },
    {
      name: "nothing but an end",
      archive: Buffer.alloc(1024),
      want: /ends before kindling-bundle/,
    },
    {
      name: "a missing file",
      archive: of(head, first),
      want: /ends before fcos\/43.1\/x86_64\/man/,
    },
    {
      name: "a file left out",
      archive: of(head, first, ...rest),
      want: /want the file fcos.* next/,
    },
    { name: "a file twice", archive: of(head, first, first), want: /next, got the file fcos/ },
    { name: "one file more", archive: of(...packed, evil), want: /want nothing more, got x/ },
    { name: "the list twice", archive: of(head, head), want: /got the file kindling-bundle.json/ },
    {
      name: "a file of another length",
      archive: of(head, first && { ...first, body: "{}" }),
      want: /manifest.json: want 3 bytes, got 2/,
    },
    {
      name: "a path that leaves the folder",
      archive: of(head, { path: "../../etc/passwd", body: "x" }),
      want: /got the file \.\.\/\.\.\/etc\/passwd/,
    },
    {
      name: "an absolute path",
      archive: of(head, { path: "/etc/passwd", body: "" }),
      want: /next/,
    },
    { name: "a folder elsewhere", archive: of(head, { ...evil, type: "5" }), want: /the folder x/ },
    ...["1", "2", "3", "4", "6"].map((type) => ({
      name: `an entry of type ${type} in a file's place`,
      archive: of(head, { path: first?.path ?? "", body: "", type }),
      want: /want the file .* next, got the (?:link|other)/,
    })),
    {
      name: "bytes without end behind the last file",
      archive: Buffer.concat([of(...packed), Buffer.alloc(2 ** 21)]),
      cuts: Array.from({ length: 40 }, () => 65_536),
      want: /more bytes come behind/,
    },
    {
      name: "a list that would fill memory",
      archive: of({ path: bundleFile, body: " ".repeat(2 ** 23 + 1) }),
      want: /at most 8388608 bytes for kindling-bundle.json/,
    },
  ])(
    "refuses $name",
    ({ archive, want, cuts }: { archive: Buffer; want: RegExp; cuts?: number[] }) => {
      expect(() => read(archive, cuts)).toThrow(WireError);
      expect(() => read(archive, cuts)).toThrow(want);
    },
  );

  it("passes over the folders above the next file", () => {
    const folder = { path: "fcos/43.1/", body: "", type: "5" };
    expect(read(of(head, folder, first, second, ...rest))).toEqual(files);
  });

  it("throws nothing but WireError for a list with anything in it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(() => read(tarOf([{ path: bundleFile, body }]))).toThrow(WireError);
      }),
    );
  });

  it("throws nothing but WireError for an archive with bytes changed", () => {
    const archive = tarOf(packed);
    const change = fc.tuple(fc.nat(archive.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1 }), (changes) => {
        const bytes = Buffer.from(archive);
        for (const [at, octet] of changes) bytes[at] = octet;
        try {
          read(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("parseBundle", () => {
  const [image] = bundle.images;
  const row = { file: "x", bytes: 1, sha256: sha256Of("x") };
  const withFiles = (...rows: object[]) => ({ images: [{ ...image, files: [...rows] }] });
  const own = { ...row, file: "manifest.json" };
  it.each([
    { name: "a format of another time", change: { version: 2 }, want: /version/ },
    { name: "no images", change: { images: [] }, want: /images/ },
    { name: "an image without a manifest", change: withFiles(row), want: /has no manifest.json/ },
    { name: "an image twice", change: { images: [image, image] }, want: /named twice/ },
    { name: "a file twice", change: withFiles(own, row, row), want: /named twice/ },
    {
      name: "a file in a file",
      change: withFiles(own, row, { ...row, file: "x/y" }),
      want: /x\/y lies/,
    },
    { name: "a parent", change: withFiles(own, { ...row, file: "a/../b" }), want: /stays in its/ },
    {
      name: "an absolute path",
      change: withFiles(own, { ...row, file: "/b" }),
      want: /stays in its/,
    },
    { name: "a name that leaves", change: { images: [{ ...image, name: ".." }] }, want: /name/ },
    { name: "a negative size", change: withFiles({ ...own, bytes: -1 }), want: /bytes/ },
    { name: "a short hash", change: withFiles({ ...own, sha256: "a" }), want: /64 hex/ },
    { name: "a word that it does not know", change: { colour: 1 }, want: /colour/ },
    {
      name: "a huge proof",
      change: withFiles({ ...own, bytes: 2 ** 24 + 1 }),
      want: /16777216 bytes/,
    },
    {
      name: "many large proofs",
      change: withFiles(
        own,
        ...[1, 2, 3, 4, 5].map((n) => ({ ...row, file: `proof/${n}`, bytes: 2 ** 24 })),
      ),
      want: /67108864 bytes of manifests and proofs/,
    },
    {
      name: "more than a disk has",
      change: withFiles(own, { ...row, bytes: 2 ** 41 }),
      want: /1099511627776/,
    },
  ])("refuses $name", ({ change, want }) => {
    const bytes = Buffer.from(JSON.stringify({ ...bundle, ...change }));
    expect(() => parseBundle(bytes)).toThrow(WireError);
    expect(() => parseBundle(bytes)).toThrow(want);
  });

  it("reads what is written", () => {
    const text: Bundle = parseBundle(Buffer.from(formatBundle(bundle)));
    expect(text).toEqual(bundle);
  });
});

describe("isBundlePath", () => {
  it.each([".treeinfo", "a b/c", "x-0^2023.1~rc1.rpm", "a/".repeat(15).concat("z")])(
    "takes %j",
    (path) => {
      expect(isBundlePath(path)).toBe(true);
    },
  );
  it.each([
    ...["", ".", "..", "a/../b", "/a", "a/", "a//b", "a\\b", "a\nb", "a\0b", "ä"],
    ...["a".repeat(256), "a/".repeat(16).concat("z")],
  ])("refuses %j", (path) => {
    expect(isBundlePath(path)).toBe(false);
  });
});
