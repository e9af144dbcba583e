import { access, constants } from "node:fs/promises";
import { parseMac } from "../wire/mac.ts";
import { type Accelerator, isArm64, type MachineFirmware, type MachineSpec } from "./firmware.ts";
import type { GuestFiles } from "./guest-files.ts";
import { openVm } from "./vm.ts";

/** A KVM that works brings the kernel up in about a second, through edk2 in three. */
const probeMs = 8000;

/**
 * KVM if it carries this firmware and this kernel to user space, else QEMU's own translation. Tried by
 * really booting: nested KVM has been seen to run SeaBIOS and to break edk2 in its first instructions.
 */
export async function chooseAccelerator(
  firmware: MachineFirmware,
  guest: GuestFiles,
  folder: string,
): Promise<Accelerator> {
  if (isArm64(firmware) && process.arch !== "arm64") return "tcg";
  const usable = await access("/dev/kvm", constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!usable) return "tcg";
  const spec: MachineSpec = {
    name: `probe-${firmware.kind}`,
    mac: parseMac("52:54:00:77:00:00"),
    firmware,
    accelerator: "kvm",
    memoryMb: 256,
    direct: { ...guest, append: "console=ttyS0 quiet panic=-1" },
  };
  await using vm = await openVm({ spec, folder }, new AbortController().signal);
  return await vm.mark(/^KINDLING-KERNEL /, probeMs).then(
    () => "kvm" as const,
    () => "tcg" as const,
  );
}
