import type { Architecture } from "./firmware.ts";

// By code of option 93. Each says what the machine is and what its owner can do about it.
const Refusals: Readonly<Record<number, string>> = {
  1: "NEC PC-98 is no IBM PC: no loader was ever built for it; boot it from its disk",
  2: "Itanium: iPXE dropped it and no kernel is built for it; boot it from its disk",
  3: "DEC Alpha starts from its SRM console over BOOTP, which is not served",
  4: "Arc x86: no such machine is known; if it is an x86 PC, mend its firmware's option 93",
  8: "Intel Xscale UEFI: no loader was ever built for it",
  12: "PowerPC Open Firmware takes a GRUB of its own, which is not served",
  13: "PowerPC ePAPR: no loader is served for it",
  14: "POWER OPAL runs petitboot, which reads configuration files (option 209), not loaders",
  29: "RISC-V of 128 bits: no loader exists",
  30: "RISC-V of 128 bits: no loader exists",
  31: "s390 reads its kernel through the hypervisor's own boot files, which are not served",
  32: "s390 reads its kernel through the hypervisor's own boot files, which are not served",
  33: "MIPS UEFI: iPXE has no build for it",
  34: "MIPS UEFI: iPXE has no build for it",
  35: "Sunway UEFI: iPXE has no build for it",
  36: "Sunway UEFI: iPXE has no build for it",
  37: "LoongArch of 32 bits: iPXE has no build for it",
  38: "LoongArch of 32 bits: iPXE has no build for it",
  41: "a Raspberry Pi's boot ROM takes its own boot folder by TFTP, not a loader",
};

/** Why a machine of this architecture gets no loader, in a sentence; undefined when it gets one. */
export function explainRefusal({ code, loader }: Architecture): string | undefined {
  return loader === undefined ? Refusals[code] : undefined;
}
