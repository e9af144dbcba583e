import type { Architecture } from "./firmware.ts";

// By code of option 93. Each says what the machine is and what its owner can do about it.
const Refusals: Readonly<Record<number, string>> = {
  0x01: "NEC PC-98 is no IBM PC: no loader was ever built for it; boot it from its disk",
  0x02: "Itanium: iPXE dropped it and no kernel is built for it; boot it from its disk",
  0x03: "DEC Alpha starts from its SRM console over BOOTP, which is not served",
  0x04: "Arc x86: no such machine is known; if it is an x86 PC, mend its firmware's option 93",
  0x08: "Intel Xscale UEFI: no loader was ever built for it",
  0x0c: "PowerPC Open Firmware takes a GRUB of its own, which is not served",
  0x0d: "PowerPC ePAPR: no loader is served for it",
  0x0e: "POWER OPAL runs petitboot, which reads configuration files (option 209), not loaders",
  0x1d: "RISC-V of 128 bits: no loader exists",
  0x1e: "RISC-V of 128 bits: no loader exists",
  0x1f: "s390 reads its kernel through the hypervisor's own boot files, which are not served",
  0x20: "s390 reads its kernel through the hypervisor's own boot files, which are not served",
  0x21: "MIPS UEFI: iPXE has no build for it",
  0x22: "MIPS UEFI: iPXE has no build for it",
  0x23: "Sunway UEFI: iPXE has no build for it",
  0x24: "Sunway UEFI: iPXE has no build for it",
  0x25: "LoongArch of 32 bits: iPXE has no build for it",
  0x26: "LoongArch of 32 bits: iPXE has no build for it",
  0x29: "a Raspberry Pi's boot ROM takes its own boot folder by TFTP, not a loader",
};

/** Why a machine of this architecture gets no loader, in a sentence; undefined when it gets one. */
export function explainRefusal(arch: Architecture | undefined): string | undefined {
  if (arch === undefined) return "its option 93 names no architecture of the IANA registry";
  if (arch.loader !== undefined) return undefined;
  return Refusals[arch.code];
}

