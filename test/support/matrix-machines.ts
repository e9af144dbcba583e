import type { MatrixMachine } from "../../scripts/boot-matrix-table.ts";
import {
  debianOvmf,
  debianOvmfHttp,
  debianOvmfSecure,
  type MachineFirmware,
} from "../../src/lab/firmware.ts";
import type { GuestFiles } from "../../src/lab/guest-files.ts";
import type { LabSettings } from "../../src/lab/lab-config.ts";
import {
  openArm64,
  openSignedLoaders,
  openSuiteIpxe,
  readLoaders,
} from "../../src/lab/machine-files.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import type { RoomMachine } from "../../src/lab/room.ts";

/** A machine of the matrix: what it is, and what a room must have to boot it. */
export type MachineSetup = {
  readonly firmware: MachineFirmware;
  readonly how?: Pick<RoomMachine, "memoryMb" | "withoutPxe">;
  readonly settings?: LabSettings;
  readonly ipv6?: true;
  readonly guest?: GuestFiles;
  readonly loaders?: ReadonlyMap<string, Uint8Array>;
  readonly console?: string;
  /** Boots beside another DHCP server only where that one names Kindling as the next server. */
  readonly wantsNextServer?: true;
  /** What its firmware fetches first and by which protocol; a ROM's iPXE needs no loader. */
  readonly loads?: { readonly kind: "tftp" | "http"; readonly file: string };
};

const cache = cacheFolder(process.env);
const quiet = (): void => {};

/** How each machine of the matrix is set up. */
export const MatrixMachines: Readonly<Record<MatrixMachine, () => Promise<MachineSetup>>> = {
  "BIOS, iPXE ROM of Debian 12": async () => ({ firmware: { kind: "bios" } }),
  "BIOS, iPXE ROM of Debian 13": () => biosOf("trixie"),
  "BIOS, iPXE ROM of Debian sid": () => biosOf("sid"),
  "UEFI, PXE": async () => ({
    firmware: debianOvmf,
    loads: { kind: "tftp", file: "snponly.efi" },
  }),
  "UEFI, HTTP Boot": async () => ({
    firmware: debianOvmfHttp,
    loads: { kind: "http", file: "/loaders/snponly.efi" },
  }),
  "UEFI, Secure Boot: shim, GRUB": async () => ({
    firmware: debianOvmfSecure,
    how: { memoryMb: 768 },
    settings: { loaders: { secureBoot: "shim" } },
    wantsNextServer: true, // GRUB 2.06 asks siaddr of the DHCPACK for its files, whoever sent GRUB
    loaders: await readLoaders(await openSignedLoaders(cache, quiet)),
    loads: { kind: "tftp", file: "shimx64.efi" },
  }),
  "arm64 UEFI, PXE": arm64,
  "UEFI, PXE over IPv6": async () => ({
    firmware: debianOvmf,
    how: { withoutPxe: ["IPv4"] },
    settings: { ipv6: { dhcp: "stateful" } },
    ipv6: true,
    loads: { kind: "tftp", file: "snponly.efi" },
  }),
};

async function biosOf(suite: "trixie" | "sid"): Promise<MachineSetup> {
  const { rom } = await openSuiteIpxe(cache, suite, quiet);
  return { firmware: { kind: "bios", rom } };
}

// Debian 12 has no iPXE for arm64.
async function arm64(): Promise<MachineSetup> {
  const { firmware, guest } = await openArm64(cache, quiet);
  const ipxe = await readLoaders((await openSuiteIpxe(cache, "trixie", quiet)).loaders);
  const file = "ipxe-arm64.efi";
  return {
    ...{ firmware, guest, console: "ttyAMA0", how: { memoryMb: 1024 } },
    loaders: new Map([...ipxe].filter(([name]) => name === file)),
    loads: { kind: "tftp", file },
  };
}
