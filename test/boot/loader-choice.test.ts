import { describe, expect, it } from "vitest";
import { Architectures, architectureOf } from "../../src/boot/firmware.ts";
import {
  chooseLoader,
  type LoaderHistory,
  type LoaderRules,
  loaderFiles,
} from "../../src/boot/loader-choice.ts";
import { parseMac } from "../../src/wire/mac.ts";

const mac = parseMac("52:54:00:77:00:10");
const fresh: LoaderHistory = { silentLoads: 0, loops: false };

/** The arguments of a row over what most rows share. */
type Row = {
  readonly name: string;
  readonly arch?: number;
  readonly there: readonly string[];
  readonly rules?: Partial<Pick<LoaderRules, "prefer" | "secureBoot" | "machines">>;
  readonly history?: Partial<LoaderHistory>;
  readonly nic?: `${string}:${string}`;
  readonly want: string | undefined;
};

const both = ["snponly.efi", "ipxe.efi"];
const signed = [...both, "shimx64.efi", "grubx64.efi"];
const withShim = [...signed, "ipxe-shim.efi"];

const rows: readonly Row[] = [
  { name: "snponly by default", there: both, want: "snponly.efi" },
  {
    name: "native where it is preferred",
    there: both,
    rules: { prefer: "native" },
    want: "ipxe.efi",
  },
  { name: "what is there, whatever is preferred", there: ["ipxe.efi"], want: "ipxe.efi" },
  { name: "the best name where nothing is there", there: [], want: "snponly.efi" },
  {
    name: "snponly for a card whose native driver is bad",
    there: both,
    rules: { prefer: "native" },
    nic: "14e4:165f",
    want: "snponly.efi",
  },
  {
    name: "the same for a card that its iPXE told of earlier",
    there: both,
    rules: { prefer: "native" },
    history: { nic: "8086:57a0" },
    want: "snponly.efi",
  },
  {
    name: "native for any other card",
    there: both,
    rules: { prefer: "native" },
    nic: "1af4:1000",
    want: "ipxe.efi",
  },
  {
    name: "the arm64 loader of Debian 13",
    arch: 11,
    there: ["ipxe-arm64.efi"],
    want: "ipxe-arm64.efi",
  },
  { name: "the riscv64 loader", arch: 27, there: ["ipxe-riscv64.efi"], want: "ipxe-riscv64.efi" },
  {
    name: "the loong64 loader by HTTP",
    arch: 40,
    there: ["ipxe-loong64.efi"],
    want: "ipxe-loong64.efi",
  },
  {
    name: "undionly to a BIOS",
    arch: 0,
    there: ["undionly.kpxe", "ipxe.pxe"],
    want: "undionly.kpxe",
  },
  {
    name: "the operator's own choice, there or not",
    there: both,
    rules: { machines: new Map([[mac, "special.efi"]]) },
    history: { silentLoads: 9 },
    want: "special.efi",
  },
  { name: "none to Itanium", arch: 2, there: both, want: undefined },
  {
    name: "one that was silent once, once more",
    there: both,
    history: { silentLoads: 1 },
    want: "snponly.efi",
  },
  {
    name: "the other one after two silent loads",
    there: both,
    history: { silentLoads: 2 },
    want: "ipxe.efi",
  },
  {
    name: "the first again after two of each",
    there: both,
    history: { silentLoads: 4 },
    want: "snponly.efi",
  },
  {
    name: "the one that ran last",
    there: both,
    history: { ranLoader: "ipxe.efi" },
    want: "ipxe.efi",
  },
  { name: "no shim before it is needed", there: signed, want: "snponly.efi" },
  {
    name: "the shim after two silent loads",
    there: signed,
    history: { silentLoads: 2 },
    want: "shimx64.efi",
  },
  {
    name: "no shim without its GRUB",
    there: [...both, "shimx64.efi"],
    history: { silentLoads: 2 },
    want: "ipxe.efi",
  },
  {
    name: "no shim when Secure Boot is off",
    there: withShim,
    rules: { secureBoot: "off" },
    history: { silentLoads: 2 },
    want: "ipxe.efi",
  },
  {
    name: "the shim at once when told so",
    there: signed,
    rules: { secureBoot: "shim" },
    want: "shimx64.efi",
  },
  {
    name: "iPXE's own shim first, where an operator put it",
    there: withShim,
    want: "ipxe-shim.efi",
  },
  {
    name: "iPXE's shim by name",
    there: withShim,
    rules: { secureBoot: "ipxe-shim" },
    want: "ipxe-shim.efi",
  },
  {
    name: "U-Boot an EFI program, and no shim",
    arch: 22,
    there: ["snponly-arm64.efi", "ipxe-shim-arm64.efi", "shimaa64.efi", "grubaa64.efi"],
    rules: { secureBoot: "shim" },
    want: "snponly-arm64.efi",
  },
  {
    name: "a BIOS its loader, whatever is said of Secure Boot",
    arch: 0,
    there: ["undionly.kpxe"],
    rules: { secureBoot: "shim" },
    want: "undionly.kpxe",
  },
];

describe("chooseLoader", () => {
  it.each(rows)("gives $name", ({ arch = 7, there, rules, history, nic, want }) => {
    const architecture = architectureOf(arch);
    if (architecture === undefined) throw new Error("no such row");
    const all: LoaderRules = {
      has: (name) => there.includes(name),
      prefer: "snponly",
      secureBoot: "auto",
      machines: new Map(),
      historyOf: () => (history ? { ...fresh, ...history } : undefined),
      ...rules,
    };
    expect(chooseLoader({ arch: architecture, mac, nic }, all)).toBe(want);
  });
});

it("has files for every architecture that has a loader, that loader among them", () => {
  for (const arch of Architectures.filter(({ loader }) => loader !== undefined)) {
    expect(Object.values(loaderFiles(arch) ?? {})).toContain(arch.loader);
  }
});
