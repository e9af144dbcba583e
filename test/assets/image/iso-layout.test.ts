import { describe, expect, it } from "vitest";
import {
  architectureBy,
  channelOf,
  findIsoLayout,
  IsoLayouts,
  identityFile,
  kernelArchitecture,
  readIsoSelf,
} from "../../../src/assets/image/iso-layout.ts";
import { parseRecipe } from "../../../src/assets/image/recipe.ts";

const listing = (...paths: string[]) => ({
  ...{ label: "x", links: [] },
  names: "rock-ridge" as const,
  files: paths.map((path) => ({ path, size: 1, extents: [], isCompressed: false })),
});

const rows = [
  {
    title: "Fedora CoreOS, live",
    files: ["images/pxeboot/vmlinuz", "images/pxeboot/initrd.img", "images/pxeboot/rootfs.img"],
    told: undefined,
    text: "fedora-coreos-43.20251024.3.0",
    want: { recipe: "fcos", version: "43.20251024.3.0", arch: undefined },
  },
  {
    title: "Ubuntu's live server",
    files: ["casper/vmlinuz", "casper/initrd", ".disk/info"],
    told: ".disk/info",
    text: 'Ubuntu-Server 24.04.3 LTS "Noble Numbat" - Release amd64 (20250805.1)',
    want: { recipe: "ubuntu", version: "24.04.3", arch: "amd64" },
  },
  {
    title: "Debian's installer",
    files: ["install.amd/vmlinuz", "install.amd/initrd.gz", ".disk/info"],
    told: ".disk/info",
    text: 'Debian GNU/Linux 13.2.0 "Trixie" - Official amd64 NETINST with firmware 20251115-09:26',
    want: { recipe: "debian", version: "13.2.0", arch: "amd64" },
  },
  {
    title: "Debian's installer",
    files: ["install.a64/vmlinuz", "install.a64/initrd.gz", ".disk/info"],
    told: ".disk/info",
    text: 'Debian GNU/Linux 13.2.0 "Trixie" - Official arm64 DVD Binary-1 with firmware 20251115-10:21',
    want: { recipe: "debian", version: "13.2.0", arch: "arm64" },
  },
  ...["Fedora", "AlmaLinux", "Rocky Linux"].map((family, at) => ({
    title: "an install tree of Fedora or the RHEL family",
    files: [".treeinfo", "images/pxeboot/vmlinuz", "images/pxeboot/initrd.img"],
    told: ".treeinfo",
    text: `[general]\narch = x86_64\nfamily = ${family}\nversion = 10.1\n`,
    want: { recipe: ["fedora", "almalinux", "rocky"][at], version: "10.1", arch: "x86_64" },
  })),
];

describe("what an installation image is", () => {
  it.each(rows)("$title: $text", ({ title, files, told, text, want }) => {
    const layout = findIsoLayout(listing("README", ...files));
    expect(layout).toMatchObject({ title });
    if (layout === undefined) return;
    expect(identityFile(layout)).toBe(told);
    expect(readIsoSelf(layout, text)).toEqual({ layout, ...want });
  });

  it("is not known when a file is missing", () => {
    for (const { files } of rows) expect(findIsoLayout(listing(...files.slice(1)))).toBeUndefined();
    expect(findIsoLayout(listing("sources/install.wim", "bootmgr"))).toBeUndefined();
  });

  it.each([
    { at: 0, text: "Fedora-S-dvd-x86_64-43" },
    { at: 1, text: "Xubuntu 24.04" },
    { at: 4, text: "[general]\nfamily = Red Hat Enterprise Linux\nversion = ../../etc\n" },
    { at: 4, text: "[general]\nfamily = constructor\n" },
  ])("is left open where it says something else: $text", ({ at, text }) => {
    const layout = IsoLayouts[at];
    if (layout === undefined) throw new Error("no layout");
    expect(readIsoSelf(layout, text)).toMatchObject({ recipe: undefined, version: undefined });
  });

  it("has kernel and RAM disk in every layout, under the names of a recipe's files", () => {
    for (const { files } of IsoLayouts) {
      expect(files.map(({ role }) => role)).toEqual(expect.arrayContaining(["kernel", "initrd"]));
    }
  });
});

const recipe = parseRecipe(
  "ubuntu",
  `{ name: u, title: U, upstream: ubuntu, mirrors: ["https://u.example"], channels: ["24.04", "22.04", trixie],
    architectures: { x86_64: amd64 }, files: [{ role: kernel, from: a, file: a }],
    boot: { args: [], ramMib: 1, secureBoot: signed } }`,
);

describe("the words of a recipe", () => {
  it.each([
    { version: "22.04.5", text: "", want: "22.04" },
    { version: "22.04", text: "", want: "22.04" },
    { version: "13.2.0", text: 'Debian GNU/Linux 13.2.0 "Trixie" - Official', want: "trixie" },
    { version: "24.10", text: "", want: "24.04" },
  ])("name the channel of $version $want", ({ version, text, want }) => {
    expect(channelOf(recipe, version, text)).toBe(want);
  });

  it("name architectures", () => {
    expect([architectureBy(recipe, "amd64"), architectureBy(recipe, "arm64")]).toEqual([
      "x86_64",
      undefined,
    ]);
  });
});

describe("kernelArchitecture", () => {
  const kernel = (machine: number, at = 64) => {
    const bytes = Buffer.alloc(128);
    bytes.write("MZ");
    bytes.writeUInt32LE(at, 60);
    bytes.write("PE\0\0", 64, "latin1");
    bytes.writeUInt16LE(machine, 68);
    return bytes;
  };
  it.each([
    { name: "x86", bytes: kernel(0x8664), want: "x86_64" },
    { name: "Arm", bytes: kernel(0xaa64), want: "arm64" },
    { name: "another machine's", bytes: kernel(0x14c), want: undefined },
    { name: "one whose header is elsewhere", bytes: kernel(0x8664, 4096), want: undefined },
    {
      name: "a compressed one",
      bytes: Buffer.from("1f8b".padEnd(200, "0"), "hex"),
      want: undefined,
    },
    { name: "nothing", bytes: Buffer.alloc(0), want: undefined },
  ])("of $name: $want", ({ bytes, want }) => {
    expect(kernelArchitecture(bytes)).toBe(want);
  });
});
