import type { MacAddress } from "../wire/mac.ts";

/** A machine to power on, as a value. */
export type MachineSpec = {
  readonly name: string;
  readonly mac: MacAddress;
  readonly firmware: MachineFirmware;
  readonly accelerator: Accelerator;
  readonly memoryMb: number;
  /** Processors; one is enough for most. */
  readonly cpus?: number;
  /** Families by which UEFI firmware does not try PXE, so that it comes to the next way at once. */
  readonly withoutPxe?: readonly ("IPv4" | "IPv6")[];
  /** Where its network card is plugged in; without one it has no card. */
  readonly cable?: Cable;
  /** The file that is its disk, byte for byte; without one it has no disk. */
  readonly disk?: string;
  /** A kernel handed over by QEMU itself, past any network. */
  readonly direct?: { readonly kernel: string; readonly initrd: string; readonly append: string };
};

export type Accelerator = "kvm" | "tcg";

/** `vars` is the template of the machine's own variables; each machine writes a private copy. */
export type MachineFirmware =
  /** `rom` is put into the network card in place of QEMU's own iPXE. */
  | { readonly kind: "bios"; readonly rom?: string }
  | {
      readonly kind: "uefi";
      readonly code: string;
      readonly vars: string;
      readonly cpu?: "arm64";
      /** Secure Boot: only the firmware, in system management mode, may write its variables. */
      readonly secure?: true;
      /** HTTP Boot over IPv4 alone, which else comes after PXE. */
      readonly httpBoot?: true;
    };

/** A tap on the bridge, or one datagram a frame where the user may not open taps. */
export type Cable =
  | { readonly kind: "tap"; readonly device: string }
  | { readonly kind: "datagram"; readonly localPort: number; readonly remotePort: number };

/** Where Debian's ovmf package keeps the 4 MB build of edk2. */
export const debianOvmf = {
  kind: "uefi",
  code: "/usr/share/OVMF/OVMF_CODE_4M.fd",
  vars: "/usr/share/OVMF/OVMF_VARS_4M.fd",
} as const satisfies MachineFirmware;

/** The same with HTTP Boot alone. */
export const debianOvmfHttp = { ...debianOvmf, httpBoot: true } as const satisfies MachineFirmware;

/** Debian's build with the keys of Microsoft enrolled and Secure Boot on. */
export const debianOvmfSecure = {
  kind: "uefi",
  code: "/usr/share/OVMF/OVMF_CODE_4M.ms.fd",
  vars: "/usr/share/OVMF/OVMF_VARS_4M.ms.fd",
  secure: true,
} as const satisfies MachineFirmware;

/** The QEMU command that is this machine; `varsCopy` is a private file for a UEFI machine. */
export function qemuCommand(spec: MachineSpec, varsCopy: string): readonly string[] {
  return [
    ...board(spec),
    ...["-name", spec.name, "-accel", accelerator(spec)],
    ...["-m", String(spec.memoryMb), "-smp", String(spec.cpus ?? 1), "-display", "none"],
    // Every end is an exit of QEMU: power-off by itself, reboot and panic=-1 by -no-reboot.
    ...["-nodefaults", "-no-reboot", "-serial", "stdio", "-monitor", "none"],
    ...firmwareDrives(spec.firmware, varsCopy),
    ...firmwareSettings(spec),
    ...networkCard(spec),
    ...virtioDisk(spec),
    ...directKernel(spec),
  ];
}

function board({ firmware }: MachineSpec): readonly string[] {
  if (isArm64(firmware)) {
    // Without a source of randomness newer edk2 brings no network up.
    const rng = ["-device", "virtio-rng-pci"];
    return ["qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a57", ...rng];
  }
  // graphics=off with no VGA sends the text of BIOS and option ROMs to the serial port.
  const kind = firmware.kind === "bios" ? "pc" : "q35";
  const smm = firmware.kind === "uefi" && firmware.secure ? ",smm=on" : "";
  const machine = `${kind},graphics=off${smm}`;
  // Page tables of five levels are for memory beyond 64 TB; emulated, each level costs at every miss.
  return ["qemu-system-x86_64", "-machine", machine, "-cpu", "max,la57=off", "-vga", "none"];
}

/** Is this a machine that no x86 processor can carry by itself? */
export function isArm64(firmware: MachineFirmware): boolean {
  return firmware.kind === "uefi" && firmware.cpu === "arm64";
}

// One translating thread with a small cache holds a machine at some 230 MB for 512 MB of guest. A guest
// with more memory runs more programs than that cache holds, and would translate them again and again.
function accelerator({ accelerator, memoryMb, cpus = 1 }: MachineSpec): string {
  if (accelerator === "kvm") return "kvm";
  const cacheMb = memoryMb <= 768 ? 64 : memoryMb <= 1536 ? 256 : 1024;
  return `tcg,thread=${cpus > 1 ? "multi" : "single"},tb-size=${cacheMb}`;
}

function firmwareDrives(firmware: MachineFirmware, varsCopy: string): readonly string[] {
  if (firmware.kind === "bios") return [];
  return [
    ...["-drive", `if=pflash,unit=0,format=raw,readonly=on,file=${firmware.code}`],
    ...["-drive", `if=pflash,unit=1,format=raw,file=${varsCopy}`],
    ...(firmware.secure ? SecureFlash : []),
  ];
}

const SecureFlash = [
  ...["-global", "driver=cfi.pflash01,property=secure,value=on"],
  ...["-global", "ICH9-LPC.disable_s3=1"], // edk2 refuses to start with SMM and S3
];

// OVMF reads these where other firmware has a setup page.
function firmwareSettings({ firmware, withoutPxe = [] }: MachineSpec): readonly string[] {
  const httpOnly = firmware.kind === "uefi" && firmware.httpBoot;
  const without = httpOnly ? ["IPv4", "IPv6"] : withoutPxe;
  return without.flatMap((family) => [
    "-fw_cfg",
    `name=opt/org.tianocore/${family}PXESupport,string=n`,
  ]);
}

function networkCard({ cable, mac, firmware }: MachineSpec): readonly string[] {
  if (cable === undefined) return [];
  // An empty romfile takes QEMU's iPXE away, so that edk2's own PXE client is the one that boots.
  const file = firmware.kind === "uefi" ? "" : firmware.rom;
  // iPXE from 1.21 on is a ROM for virtio 1.0 alone, 1af4:1041, and SeaBIOS runs no other card's ROM.
  const modern = firmware.kind === "bios" && file !== undefined ? ",disable-legacy=on" : "";
  const rom = file === undefined ? "" : `,romfile=${file}${modern}`;
  return [
    ...["-netdev", backend(cable)],
    ...["-device", `virtio-net-pci,netdev=n0,mac=${mac}${rom},bootindex=1`],
  ];
}

function backend(cable: Cable): string {
  if (cable.kind === "tap") return `tap,id=n0,ifname=${cable.device},script=no,downscript=no`;
  const end = (side: string, port: number) =>
    `${side}.type=inet,${side}.host=127.0.0.1,${side}.port=${port}`;
  return `dgram,id=n0,${end("local", cable.localPort)},${end("remote", cable.remotePort)}`;
}

// unsafe: a test's disk need not outlive the host's power, and waiting for fsync costs seconds.
function virtioDisk({ disk }: MachineSpec): readonly string[] {
  if (disk === undefined) return [];
  return [
    ...["-drive", `if=none,id=d0,format=raw,cache=unsafe,file=${disk}`],
    ...["-device", "virtio-blk-pci,drive=d0,bootindex=2"],
  ];
}

function directKernel({ direct }: MachineSpec): readonly string[] {
  if (direct === undefined) return [];
  return ["-kernel", direct.kernel, "-initrd", direct.initrd, "-append", direct.append];
}
