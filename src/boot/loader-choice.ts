import type { MacAddress } from "../wire/mac.ts";
import type { Architecture } from "./firmware.ts";
import type { PciId } from "./machine.ts";

/** `snponly` uses the firmware's own network driver, `native` brings a driver for the card. */
export type LoaderVariant = "snponly" | "native";

/** Which chain machines with Secure Boot get; DHCP never says whether a machine has it on. */
export type SecureBootPolicy = "auto" | "off" | "shim" | "ipxe-shim";

/** What a choice is made by, besides the machine. */
export type LoaderRules = {
  /** Is there a loader of this name? Asked for each machine anew, so that a new file counts at once. */
  has(name: string): boolean;
  readonly prefer: LoaderVariant;
  readonly secureBoot: SecureBootPolicy;
  /** Loaders that an operator named for single machines. */
  readonly machines: ReadonlyMap<MacAddress, string>;
  /** What was seen of a machine's last boots. */
  historyOf(mac: MacAddress): LoaderHistory | undefined;
};

/** What the last boots of one machine say about loaders. */
export type LoaderHistory = {
  /** Loaders it fetched since a program of ours last spoke. */
  readonly silentLoads: number;
  /** The loader that last ran in it. */
  readonly ranLoader?: string | undefined;
  /** Its network card, as an iPXE told it once. */
  readonly nic?: PciId | undefined;
  /** It goes round in a circle. */
  readonly loops: boolean;
};

/** Whose loader is to be chosen. */
export type LoaderAsker = {
  readonly arch: Architecture;
  readonly mac?: MacAddress | undefined;
  readonly nic?: PciId | undefined;
};

/** The files of one kind of machine. `shim` needs `grub` behind it, `ipxeShim` a signed `native`. */
export type LoaderFiles = {
  readonly snponly?: string;
  readonly native: string;
  readonly shim?: string;
  readonly grub?: string;
  readonly ipxeShim?: string;
};

const Files: Readonly<Record<string, LoaderFiles>> = {
  "bios x86": { snponly: "undionly.kpxe", native: "ipxe.pxe" },
  "efi x86": { snponly: "snponly-ia32.efi", native: "ipxe-ia32.efi" },
  "efi x86_64": {
    snponly: "snponly.efi",
    native: "ipxe.efi",
    shim: "shimx64.efi",
    grub: "grubx64.efi",
    ipxeShim: "ipxe-shim.efi",
  },
  "efi arm32": { snponly: "snponly-arm32.efi", native: "ipxe-arm32.efi" },
  "efi arm64": {
    snponly: "snponly-arm64.efi",
    native: "ipxe-arm64.efi",
    shim: "shimaa64.efi",
    grub: "grubaa64.efi",
    ipxeShim: "ipxe-shim-arm64.efi",
  },
  "efi riscv32": { snponly: "snponly-riscv32.efi", native: "ipxe-riscv32.efi" },
  "efi riscv64": { snponly: "snponly-riscv64.efi", native: "ipxe-riscv64.efi" },
  "efi loong64": { snponly: "snponly-loong64.efi", native: "ipxe-loong64.efi" },
};

/** Cards that iPXE's own driver hangs or leaves unusable under UEFI: for them `prefer` is not heard. */
const TroublesomeNics: readonly { readonly id: string; readonly source: string }[] = [
  { id: "10ec:8168", source: "ipxe/ipxe#541" },
  { id: "14e4:", source: "ipxe/ipxe#972 (Broadcom NetXtreme)" },
  { id: "8086:10fb", source: "warewulf/warewulf3#84, ipxe/ipxe#1123 (82599ES)" },
  { id: "8086:1a1e", source: "ipxe/ipxe#973 (I219)" },
  { id: "8086:57a0", source: "ipxe/ipxe#1696 #1731 (I219)" },
];

/** After so many loads without a word the next file of the list is tried. */
const silentLoadsPerFile = 2;

/** The files for this architecture; none where Kindling has nothing for the machine. */
export function loaderFiles(arch: Architecture | undefined): LoaderFiles | undefined {
  if (arch?.loader === undefined) return undefined;
  if (arch.firmware !== "u-boot") return Files[`${arch.firmware} ${arch.cpu}`];
  // U-Boot starts EFI programs; no shim of a distribution is for it.
  const { snponly, native = arch.loader } = Files[`efi ${arch.cpu}`] ?? {};
  return { native, ...(snponly && { snponly }) };
}

/** Every name that machines may be told, sorted by nothing. */
export function loaderNames(): readonly string[] {
  return Object.values(Files).flatMap((files) => Object.values(files));
}

/**
 * The first program for this machine: the one an operator named, else the best that is there. A
 * machine that fetched it twice and stayed silent gets the next one: drivers fail on disjoint
 * hardware, and firmware with Secure Boot refuses what is not signed without telling anybody.
 */
export function chooseLoader(asker: LoaderAsker, rules?: LoaderRules): string | undefined {
  const { arch, mac } = asker;
  const files = loaderFiles(arch);
  if (files === undefined || rules === undefined) return arch.loader;
  const named = mac && rules.machines.get(mac);
  if (named !== undefined) return named;
  const history = mac && rules.historyOf(mac);
  const wanted = candidates(files, { ...asker, nic: asker.nic ?? history?.nic }, rules);
  const there = wanted.filter((name) => isWhole(name, files, rules));
  // With none there the best name is told: the refusal by TFTP then says what to install.
  if (there.length === 0) return wanted.find((name) => name !== files.ipxeShim) ?? wanted[0];
  const first = Math.max(0, there.indexOf(history?.ranLoader ?? ""));
  const step = Math.floor((history?.silentLoads ?? 0) / silentLoadsPerFile);
  return there[(first + step) % there.length];
}

function candidates(
  { snponly, native, shim, ipxeShim }: LoaderFiles,
  { arch, nic }: LoaderAsker,
  { prefer, secureBoot }: LoaderRules,
): readonly string[] {
  const troubled = arch.firmware === "efi" && isTroublesome(nic);
  const plain = prefer === "native" && !troubled ? [native, snponly] : [snponly, native];
  const order: Readonly<Record<SecureBootPolicy, readonly (string | undefined)[]>> = {
    off: plain,
    // An operator put the signed iPXE there, and it boots with Secure Boot off as well. GRUB can
    // do less than iPXE, so it is for machines that the plain loader never came back from.
    auto: [ipxeShim, plain[0], shim, plain[1]],
    shim: shim === undefined ? plain : [shim],
    "ipxe-shim": ipxeShim === undefined ? plain : [ipxeShim],
  };
  return order[secureBoot].filter((name) => name !== undefined);
}

function isWhole(name: string, { shim, grub = "" }: LoaderFiles, rules: LoaderRules): boolean {
  return rules.has(name) && (name !== shim || rules.has(grub));
}

function isTroublesome(nic: PciId | undefined): boolean {
  return nic !== undefined && TroublesomeNics.some(({ id }) => nic.startsWith(id));
}
