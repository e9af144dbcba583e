import type { NetBoot } from "../boot/profile.ts";

/** A menu entry's title and the commands that load a kernel under that firmware. */
const Entries = [
  { title: "CoreOS (EFI)", kernel: "linuxefi", initrd: "initrdefi" },
  { title: "CoreOS (BIOS)", kernel: "linux", initrd: "initrd" },
];

/**
 * The GRUB 2 configuration of a plan: one entry for each firmware, the second as fallback of the
 * first. Titles and blanks are those that clients of matchbox are used to, two before an initrd
 * included; nothing is escaped.
 */
export function renderGrub(boot: NetBoot): string {
  const initrds = boot.initrd.map((value) => ` "${value}"`).join("");
  const args = boot.args.map((arg) => ` ${arg}`).join("");
  const entries = Entries.flatMap(({ title, kernel, initrd }) => [
    `menuentry "${title}" {`,
    'echo "Loading kernel"',
    `${kernel} "${boot.kernel}"${args}`,
    'echo "Loading initrd"',
    `${initrd} ${initrds}`,
    "}",
  ]);
  return ["default=0", "fallback=1", "timeout=1", ...entries].map((line) => `${line}\n`).join("");
}

/** The GRUB 2 configuration that leaves the network for the disk: EFI has its own order, BIOS a first disk. */
export function renderGrubLocal(): string {
  return [
    'echo "Installed: this machine boots its disk"',
    'if [ "$grub_platform" = efi ]; then',
    "exit 1",
    "fi",
    "set root=(hd0)",
    "chainloader +1",
    "boot",
    "",
  ].join("\n");
}

/** The GRUB 2 configuration that stops a machine: why, a while to read it, and out. */
export function renderGrubNotice(sentences: readonly string[]): string {
  const told = sentences.map(
    (sentence) => `echo "${sentence.replace(/[^\x20-\x7e]|[$\\"]/g, "")}"`,
  );
  return [...told, "sleep 30", "exit 1", ""].join("\n");
}
