import type { MacAddress } from "../wire/mac.ts";

/** A machine to power on, as a value. */
export type MachineSpec = {
  readonly name: string;
  readonly mac: MacAddress;
  readonly firmware: MachineFirmware;
  readonly accelerator: Accelerator;
  readonly memoryMb: number;
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
  | { readonly kind: "bios" }
  | { readonly kind: "uefi"; readonly code: string; readonly vars: string };

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

/** The QEMU command that is this machine; `varsCopy` is a private file for a UEFI machine. */
export function qemuCommand(spec: MachineSpec, varsCopy: string): readonly string[] {
  return [
    "qemu-system-x86_64",
    ...["-name", spec.name, "-accel", accelerator(spec.accelerator), "-cpu", "max"],
    // graphics=off with no VGA sends the text of BIOS and option ROMs to the serial port.
    ...["-machine", `${spec.firmware.kind === "bios" ? "pc" : "q35"},graphics=off`],
    ...["-m", String(spec.memoryMb), "-smp", "1", "-display", "none", "-vga", "none"],
    // Every end is an exit of QEMU: power-off by itself, reboot and panic=-1 by -no-reboot.
    ...["-nodefaults", "-no-reboot", "-serial", "stdio", "-monitor", "none"],
    ...firmwareDrives(spec.firmware, varsCopy),
    ...firmwareSettings(spec),
    ...networkCard(spec),
    ...virtioDisk(spec),
    ...directKernel(spec),
  ];
}

// One translating thread with a small cache holds a machine at some 230 MB for 512 MB of guest.
function accelerator(kind: Accelerator): string {
  return kind === "kvm" ? "kvm" : "tcg,thread=single,tb-size=64";
}

function firmwareDrives(firmware: MachineFirmware, varsCopy: string): readonly string[] {
  if (firmware.kind === "bios") return [];
  return [
    ...["-drive", `if=pflash,format=raw,readonly=on,file=${firmware.code}`],
    ...["-drive", `if=pflash,format=raw,file=${varsCopy}`],
  ];
}

// OVMF reads these where other firmware has a setup page.
function firmwareSettings({ withoutPxe = [] }: MachineSpec): readonly string[] {
  return withoutPxe.flatMap((family) => [
    "-fw_cfg",
    `name=opt/org.tianocore/${family}PXESupport,string=n`,
  ]);
}

function networkCard({ cable, mac, firmware }: MachineSpec): readonly string[] {
  if (cable === undefined) return [];
  // An empty romfile takes QEMU's iPXE away, so that edk2's own PXE client is the one that boots.
  const rom = firmware.kind === "uefi" ? ",romfile=" : "";
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
