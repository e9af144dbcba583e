import { describe, expect, it } from "vitest";
import { architectureOf } from "../../src/boot/firmware.ts";
import { isFirstLoader, isOptional, readBootFileName } from "../../src/boot/loader-file.ts";

const loader = (...names: string[]) => ({ kind: "loader", names });

describe("readBootFileName", () => {
  const rows = [
    { path: "snponly.efi", arch: 7, want: loader("snponly.efi", "ipxe.efi") },
    { path: "any/folder/ipxe.efi", arch: 7, want: loader("ipxe.efi", "snponly.efi") },
    { path: "ipxe.efi", arch: 11, want: loader("ipxe-arm64.efi", "snponly-arm64.efi", "ipxe.efi") },
    { path: "ipxe.efi", arch: undefined, want: loader("ipxe.efi", "snponly.efi") },
    { path: "ipxe-arm64.efi", arch: 11, want: loader("ipxe-arm64.efi", "snponly-arm64.efi") },
    { path: "grubx64.efi", arch: 11, want: loader("grubaa64.efi", "grubx64.efi") },
    { path: "ipxe.efi", arch: 22, want: loader("ipxe-arm64.efi", "snponly-arm64.efi", "ipxe.efi") },
    { path: "ipxe.efi", arch: 41, want: loader("ipxe.efi") },
    { path: "undionly.kpxe", arch: 0, want: loader("undionly.kpxe") },
    { path: "1234abcd/start4.elf", arch: 41, want: loader("start4.elf") },
    { path: "1234abcd/RPI_EFI.fd", arch: 41, want: loader("RPI_EFI.fd", "rpi_efi.fd") },
    { path: "EFI/BOOT/SNPONLY.EFI", arch: 7, want: loader("snponly.efi", "ipxe.efi") },
    { path: "b/autoexec.ipxe", arch: 7, want: { kind: "autoexec" } },
    { path: "AUTOEXEC.IPXE", arch: 7, want: { kind: "autoexec" } },
    { path: "loop.ipxe", arch: 0, want: { kind: "diagnosis" } },
    { path: "grub/grub.cfg", arch: 7, want: { kind: "grub-config" } },
    { path: "grub/grub.cfg-01-52-54-00-77-00-10", arch: 7, want: { kind: "grub-config" } },
    { path: "assets/lab/vmlinuz", arch: 7, want: { kind: "asset", path: "lab/vmlinuz" } },
    {
      path: "revocations_sbat.efi",
      arch: 7,
      want: { kind: "optional", name: "revocations_sbat.efi" },
    },
    {
      path: "shim_certificate_0.efi",
      arch: 7,
      want: { kind: "optional", name: "shim_certificate_0.efi" },
    },
    {
      path: "grub/x86_64-efi/command.lst",
      arch: 7,
      want: { kind: "optional", name: "command.lst" },
    },
  ];
  it.each(rows)("reads $path of architecture $arch", ({ path, arch, want }) => {
    const architecture = arch === undefined ? undefined : architectureOf(arch);
    expect(readBootFileName(path, architecture)).toEqual(want);
  });
});

it.each([
  ["snponly.efi", true],
  ["shimx64.efi", true],
  ["undionly.kpxe", true],
  ["grubx64.efi", false],
  ["mmx64.efi", false],
  ["revocations.efi", false],
  ["autoexec.ipxe", false],
  ["vmlinuz", false],
])("isFirstLoader says of %s: %s", (name, want) => {
  expect(isFirstLoader(name)).toBe(want);
});

it("isOptional takes a loader for none of its kind", () => {
  expect(["ipxe.efi", "grub.cfg", "fs.lst.efi"].filter(isOptional)).toEqual([]);
});
