import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { WireError } from "../../../src/errors.ts";
import {
  both,
  bytesOf,
  freeAt,
  hasProgram,
  isoOf,
  isoRecord,
  listIsoBytes,
  listIsoFile,
  makeIso,
  ownRecords,
  susp,
  suspStart,
} from "../../support/iso.ts";

const folder = mkdtempSync(join(tmpdir(), "kindling-iso-"));
afterAll(() => rmSync(folder, { recursive: true }));

const longName = `${"long-name-".repeat(20)}.rpm`;
const deep = "a/b/c/d/e/f/g/h/i/j/k/deep.txt";
const tree: Readonly<Record<string, string>> = {
  ".treeinfo": "[general]\n",
  "images/pxeboot/vmlinuz": "kernel",
  "images/pxeboot/initrd.img": "x".repeat(5000),
  "empty.txt": "",
  "readme.txt": "read",
};
const more = { ...tree, [deep]: "deep", [`Packages/${longName}`]: "long" };

function writeTree(name: string, files: Readonly<Record<string, string>>): string {
  const root = join(folder, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

function readTree(path: string) {
  const listing = listIsoFile(path);
  const image = readFileSync(path);
  const files = listing.files.map((file) => [file.path, bytesOf(image, file).toString()]);
  return { ...listing, files: Object.fromEntries(files) };
}

const missing = ["xorriso", "genisoimage", "isoinfo"].filter((name) => !hasProgram(name));
const title = missing.length === 0 ? "" : ` (skipped: there is no ${missing.join(", ")} here)`;

describe.skipIf(missing.length > 0)(`listIso, of images that others make${title}`, () => {
  const rows = [
    { name: "xorriso, Rock Ridge", program: "xorriso -as mkisofs -R", names: "rock-ridge" },
    {
      name: "xorriso, both",
      program: "xorriso -as mkisofs -R -J -joliet-long",
      names: "rock-ridge",
    },
    { name: "xorriso, relocated", program: "xorriso -as mkisofs -R -D", names: "rock-ridge" },
    { name: "genisoimage, Rock Ridge, relocated", program: "genisoimage -R", names: "rock-ridge" },
    { name: "genisoimage, Rock Ridge, deep", program: "genisoimage -R -D", names: "rock-ridge" },
  ] as const;
  it.each(rows)("finds every name and byte: $name", ({ program, names }) => {
    const root = writeTree("more", more);
    const file = join(folder, "more.iso");
    makeIso(program, ["-V", "Some label", "-o", file, root]);
    const got = readTree(file);
    expect(got.files).toEqual(more);
    expect(got).toMatchObject({ names, links: [] });
    expect(got.label.toLowerCase()).toMatch(/^some.label$/);
  });

  it.each(["xorriso -as mkisofs --norock -J -joliet-long", "genisoimage -quiet -J -joliet-long"])(
    "finds the names of Joliet: %s",
    (program) => {
      const root = writeTree("joliet", { ...tree, "Ünïcode/Name.Txt": "u" });
      const file = join(folder, "joliet.iso");
      makeIso(program, ["-o", file, root]);
      const got = readTree(file);
      expect(got.names).toBe("joliet");
      expect(got.files).toEqual({ ...tree, "Ünïcode/Name.Txt": "u" });
    },
  );

  it("finds plain names as Linux shows them", () => {
    const file = join(folder, "plain.iso");
    makeIso("genisoimage", ["-quiet", "-o", file, writeTree("plain", tree)]);
    const got = readTree(file);
    expect(got.names).toBe("plain");
    const plain = ["_treeinf", ...Object.keys(tree).filter((path) => path !== ".treeinfo")].sort();
    expect(Object.keys(got.files)).toEqual(plain);
  });

  it("names symbolic links and follows none", () => {
    const root = writeTree("links", { "dists/trixie/Release": "r" });
    symlinkSync("trixie", join(root, "dists/stable"));
    symlinkSync("/etc/passwd", join(root, "passwd"));
    const file = join(folder, "links.iso");
    makeIso("xorriso -as mkisofs -R", ["-o", file, root]);
    const got = readTree(file);
    expect(got.links).toEqual(["dists/stable", "passwd"]);
    expect(got.files).toEqual({ "dists/trixie/Release": "r" });
  });

  it("agrees with isoinfo on where each file lies", () => {
    const file = join(folder, "isoinfo.iso");
    makeIso("genisoimage -quiet -R", ["-o", file, writeTree("isoinfo", more)]);
    const said = execFileSync("isoinfo", ["-R", "-l", "-i", file]).toString();
    for (const { path, size, extents } of listIsoFile(file).files) {
      if (size === 0 || path.startsWith("a/")) continue;
      const row = said.split("\n").find((line) => line.includes(` ${path.split("/").at(-1)}`));
      const [, bytes, sector] = /(\d+) \w+ +\d+ \d+ \[ *(\d+) \d+\]/.exec(row ?? "") ?? [];
      expect([Number(bytes), Number(sector) * 2048], path).toEqual([size, extents[0]?.at]);
    }
  });
});

describe("listIso, of images that we make", () => {
  const at = freeAt;
  const rr = (...fields: Uint8Array[]) => Buffer.concat(fields);

  it("joins the extents of a large file", () => {
    const parts = [
      { name: "BIG.BIN;1", at, size: 2048, flags: 0x80 },
      { name: "BIG.BIN;1", at: at + 1, size: 5 },
    ];
    const image = isoOf(parts, [Buffer.alloc(2048, "a"), Buffer.from("bbbbb")]);
    const [file] = listIsoBytes(image).files;
    expect(file).toMatchObject({ path: "big.bin", size: 2053 });
    expect(file && bytesOf(image, file).toString()).toBe(`${"a".repeat(2048)}bbbbb`);
  });

  it("reads a name that goes on elsewhere", () => {
    const elsewhere = susp("NM", 0, "tail");
    const ce = susp("CE", ...both(at), ...both(16), ...both(elsewhere.length));
    const use = rr(susp("NM", 1, "head-"), ce);
    const sector = Buffer.concat([Buffer.alloc(16), elsewhere]);
    const image = isoOf([{ name: "X.;1", systemUse: use }], [sector], suspStart);
    expect(listIsoBytes(image)).toMatchObject({ files: [{ path: "head-tail" }], label: "LABEL" });
  });

  it("says which files zisofs compressed", () => {
    const use = rr(susp("NM", 0, "x"), susp("ZF", "pz", 0));
    const image = isoOf([{ name: "X.;1", systemUse: use }], [], suspStart);
    expect(listIsoBytes(image).files).toMatchObject([{ path: "x", isCompressed: true }]);
  });

  const tail = (size: number) => susp("CE", ...both(at), ...both(0), ...both(size));
  const inFolder = (...wishes: Parameters<typeof isoRecord>[0][]) =>
    Buffer.concat([...ownRecords(at), ...wishes.map(isoRecord)]);
  it.each([
    { name: "no image at all", image: Buffer.alloc(40_960), want: /want "CD001"/ },
    { name: "an image that ends early", image: isoOf([]).subarray(0, 34_000), want: /want 2048/ },
    {
      name: "no end of its descriptors",
      image: Buffer.concat([
        isoOf([]).subarray(0, 17 * 2048),
        ...Array.from({ length: 40 }, () => isoOf([]).subarray(16 * 2048, 17 * 2048)),
      ]),
      want: /an end within 32/,
    },
    {
      name: "other blocks than 2048 bytes",
      image: Buffer.from(isoOf([])).fill(1, 16 * 2048 + 128, 16 * 2048 + 130),
      want: /block size: want 2048/,
    },
    { name: "a file beyond its end", image: isoOf([{ name: "X;1", at, size: 9 }]), want: /want 9/ },
    {
      name: "a folder that holds itself",
      image: isoOf(
        [{ name: "D", at, size: 2048, flags: 2 }],
        [inFolder({ name: "E", at, size: 2048, flags: 2 })],
      ),
      want: /folder: want each one once/,
    },
    { name: "a name twice", image: isoOf([{ name: "X;1" }, { name: "x;1" }]), want: /once/ },
    { name: "a name with a slash", image: isoOf([{ name: "A/B" }]), want: /stays in its folder/ },
    {
      name: "a parent as a name",
      image: isoOf([{ name: "X", systemUse: susp("NM", 0, "..") }], [], suspStart),
      want: /stays in its folder/,
    },
    {
      name: "a name of more than 255 bytes",
      image: isoOf(
        [{ name: "X", systemUse: rr(susp("NM", 1, "a".repeat(150)), tail(204)) }],
        [susp("NM", 0, "b".repeat(199))],
        suspStart,
      ),
      want: /stays in its folder/,
    },
    {
      name: "a continuation that continues in itself",
      image: isoOf([{ name: "X", systemUse: tail(28) }], [tail(28)], suspStart),
      want: /continuations: want at most 16/,
    },
    {
      name: "a file whose next extent is missing",
      image: isoOf([{ name: "X;1", flags: 0x80 }, { name: "Y;1" }]),
      want: /its next extent/,
    },
    {
      name: "interleaved bytes",
      image: isoOf([{ name: "X;1", interleave: 1 }]),
      want: /one piece/,
    },
    {
      name: "a folder of more than 16 MiB",
      image: isoOf([{ name: "D", at, size: 2 ** 25, flags: 2 }]),
      want: /at most 16777216/,
    },
  ])("refuses $name", ({ image, want }) => {
    expect(() => listIsoBytes(image)).toThrow(WireError);
    expect(() => listIsoBytes(image)).toThrow(want);
  });

  it("refuses folders more than 32 deep", () => {
    const rest = Array.from({ length: 40 }, (_, index) =>
      Buffer.concat([
        ...ownRecords(at + index),
        isoRecord({ name: "D", at: at + index + 1, size: 2048, flags: 2 }),
      ]),
    );
    const image = isoOf([{ name: "D", at, size: 2048, flags: 2 }], [...rest, Buffer.alloc(2048)]);
    expect(() => listIsoBytes(image)).toThrow(/depth: want at most 32/);
  });

  it("refuses more folders than it will read, however they overlap", () => {
    const wishes = Array.from({ length: 20 }, (_, index) => {
      return { name: `D${index}`, at: at + index, size: 2 ** 24, flags: 2 };
    });
    const image = Buffer.concat([isoOf(wishes), Buffer.alloc(2 ** 24 + 20 * 2048)]);
    expect(() => listIsoBytes(image)).toThrow(/folders: want at most 268435456 bytes/);
  });
});

describe("listIso, of anything", () => {
  const use = Buffer.concat([
    susp("NM", 0, "name"),
    susp("CE", ...both(20), ...both(0), ...both(28)),
  ]);
  const seed = isoOf(
    [
      { name: "X.;1", at: 19, size: 7, systemUse: use },
      { name: "D", at: 21, size: 2048, flags: 2 },
    ],
    [Buffer.from("content"), susp("NM", 0, "more"), Buffer.concat([...ownRecords(21)])],
    suspStart,
  );
  const isMeant = (image: Uint8Array) => {
    try {
      return listIsoBytes(image).files.every(({ path }) => !path.split("/").includes(".."));
    } catch (error) {
      if (error instanceof WireError) return true;
      throw error;
    }
  };

  it("throws nothing but WireError for arbitrary bytes", () => {
    const bytes = fc.uint8Array({ maxLength: 6000 });
    fc.assert(
      fc.property(bytes, (tail) => isMeant(Buffer.concat([Buffer.alloc(16 * 2048), tail]))),
      { numRuns: 200 },
    );
  });

  it("throws nothing but WireError for an image with bytes changed or cut off", () => {
    const change = fc.tuple(fc.integer({ min: 16 * 2048, max: seed.length - 1 }), fc.nat(255));
    const dense = fc.tuple(fc.constantFrom(16, 18, 20, 21), fc.nat(200), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change), fc.array(dense), fc.nat(seed.length), (far, near, end) => {
        const image = Buffer.from(seed);
        for (const [at, octet] of far) image[at] = octet;
        for (const [sector, at, octet] of near) image[sector * 2048 + at] = octet;
        return isMeant(end % 3 === 0 ? image.subarray(0, end) : image);
      }),
      { numRuns: 2000 },
    );
  });
});
