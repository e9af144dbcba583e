/**
 * The domain, pure: which machine asks, what it can load next, what it should boot, and what was seen
 * of it. Facts of firmware are tables here, never `if`s in a protocol. Sources: RFC 4578, the IANA
 * registry "Processor Architecture Types", PXE 2.1, iPXE's `features.h`.
 */

export type Cpu =
  | "x86"
  | "x86_64"
  | "arm32"
  | "arm64"
  | "riscv32"
  | "riscv64"
  | "loong64"
  | "other";
export type FirmwareKind = "bios" | "efi" | "u-boot" | "other";

/** One architecture type: how it loads (`pxe` by TFTP, `http` by UEFI HTTP Boot) and the loader file it takes. */
export type Architecture = {
  readonly code: number;
  readonly name: string;
  readonly firmware: FirmwareKind;
  readonly cpu: Cpu;
  readonly transport: "pxe" | "http";
  /** A name in the loader tree; absent when Kindling has nothing for this machine. */
  readonly loader?: string;
};

const row = (
  code: number,
  name: string,
  firmware: FirmwareKind,
  cpu: Cpu,
  transport: "pxe" | "http" = "pxe",
  loader?: string,
): Architecture => ({ code, name, firmware, cpu, transport, ...(loader ? { loader } : {}) });

/**
 * DHCP option 93 (RFC 4578 §2.1). 7 and 9 are both x64: RFC 4578 printed them swapped, and shipped
 * firmware follows either reading.
 */
export const Architectures: readonly Architecture[] = [
  row(0x00, "x86 BIOS", "bios", "x86", "pxe", "undionly.kpxe"),
  row(0x01, "NEC PC-98", "other", "other"),
  row(0x02, "Itanium UEFI", "efi", "other"),
  row(0x03, "DEC Alpha", "other", "other"),
  row(0x04, "Arc x86", "other", "other"),
  row(0x05, "Intel Lean Client", "bios", "x86", "pxe", "undionly.kpxe"),
  row(0x06, "x86 UEFI", "efi", "x86", "pxe", "snponly-ia32.efi"),
  row(0x07, "x64 UEFI", "efi", "x86_64", "pxe", "snponly.efi"),
  row(0x08, "Xscale UEFI", "efi", "other"),
  row(0x09, "x64 UEFI (EBC)", "efi", "x86_64", "pxe", "snponly.efi"),
  row(0x0a, "ARM 32-bit UEFI", "efi", "arm32", "pxe", "snponly-arm32.efi"),
  row(0x0b, "ARM 64-bit UEFI", "efi", "arm64", "pxe", "snponly-arm64.efi"),
  row(0x0c, "PowerPC Open Firmware", "other", "other"),
  row(0x0d, "PowerPC ePAPR", "other", "other"),
  row(0x0e, "POWER OPAL v3", "other", "other"),
  row(0x0f, "x86 UEFI HTTP", "efi", "x86", "http", "snponly-ia32.efi"),
  row(0x10, "x64 UEFI HTTP", "efi", "x86_64", "http", "snponly.efi"),
  row(0x11, "x64 UEFI HTTP (EBC)", "efi", "x86_64", "http", "snponly.efi"),
  row(0x12, "ARM 32-bit UEFI HTTP", "efi", "arm32", "http", "snponly-arm32.efi"),
  row(0x13, "ARM 64-bit UEFI HTTP", "efi", "arm64", "http", "snponly-arm64.efi"),
  row(0x14, "x86 BIOS HTTP", "bios", "x86", "http", "undionly.kpxe"),
  row(0x15, "ARM 32-bit U-Boot", "u-boot", "arm32", "pxe", "snponly-arm32.efi"),
  row(0x16, "ARM 64-bit U-Boot", "u-boot", "arm64", "pxe", "snponly-arm64.efi"),
  row(0x17, "ARM 32-bit U-Boot HTTP", "u-boot", "arm32", "http", "snponly-arm32.efi"),
  row(0x18, "ARM 64-bit U-Boot HTTP", "u-boot", "arm64", "http", "snponly-arm64.efi"),
  row(0x19, "RISC-V 32-bit UEFI", "efi", "riscv32", "pxe", "snponly-riscv32.efi"),
  row(0x1a, "RISC-V 32-bit UEFI HTTP", "efi", "riscv32", "http", "snponly-riscv32.efi"),
  row(0x1b, "RISC-V 64-bit UEFI", "efi", "riscv64", "pxe", "snponly-riscv64.efi"),
  row(0x1c, "RISC-V 64-bit UEFI HTTP", "efi", "riscv64", "http", "snponly-riscv64.efi"),
  row(0x1d, "RISC-V 128-bit UEFI", "efi", "other"),
  row(0x1e, "RISC-V 128-bit UEFI HTTP", "efi", "other", "http"),
  row(0x1f, "s390 basic", "other", "other"),
  row(0x20, "s390 extended", "other", "other"),
  row(0x21, "MIPS 32-bit UEFI", "efi", "other"),
  row(0x22, "MIPS 64-bit UEFI", "efi", "other"),
  row(0x23, "Sunway 32-bit UEFI", "efi", "other"),
  row(0x24, "Sunway 64-bit UEFI", "efi", "other"),
  row(0x25, "LoongArch 32-bit UEFI", "efi", "other"),
  row(0x26, "LoongArch 32-bit UEFI HTTP", "efi", "other", "http"),
  row(0x27, "LoongArch 64-bit UEFI", "efi", "loong64", "pxe", "snponly-loong64.efi"),
  row(0x28, "LoongArch 64-bit UEFI HTTP", "efi", "loong64", "http", "snponly-loong64.efi"),
  row(0x29, "Raspberry Pi boot ROM", "other", "arm64"),
];

/** The row of a code; codes outside the registry have none. */
export function architectureOf(code: number): Architecture | undefined {
  return Architectures[code];
}

/** The row of a name, as events carry it. */
export function architectureNamed(name: string | undefined): Architecture | undefined {
  return Architectures.find((row) => row.name === name);
}

/** The first of the codes a client listed that has a loader, else the first known one. */
export function pickArchitecture(codes: readonly number[]): Architecture | undefined {
  const known = codes.flatMap((code) => architectureOf(code) ?? []);
  return known.find((architecture) => architecture.loader !== undefined) ?? known[0];
}
