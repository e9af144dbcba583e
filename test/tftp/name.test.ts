import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { candidateNames, cleanName, nameLimit } from "../../src/tftp/name.ts";

describe("cleanName", () => {
  const kept = [
    { name: "a plain name", raw: "snponly.efi", path: "snponly.efi" },
    { name: "a leading slash", raw: "/boot/snponly.efi", path: "boot/snponly.efi" },
    { name: "doubled slashes, as old shims send", raw: "//grubx64.efi", path: "grubx64.efi" },
    { name: "backslashes", raw: "\\boot\\x64\\wdsnbp.com", path: "boot/x64/wdsnbp.com" },
    { name: "0xff behind the name", raw: "ipxe.efi\xff", path: "ipxe.efi" },
    { name: "a NUL and stale bytes", raw: "ipxe.efi\0\x06\x01old", path: "ipxe.efi" },
    { name: "blanks and controls behind the name", raw: "ipxe.efi \r\n", path: "ipxe.efi" },
    { name: "a URL", raw: "tftp://10.0.0.1/boot/ipxe.efi", path: "boot/ipxe.efi" },
    { name: "a URL in capitals with a port", raw: "TFTP://h:69//ipxe.efi", path: "ipxe.efi" },
    { name: "the PXELINUX server prefix", raw: "10.0.0.1::vmlinuz", path: "vmlinuz" },
    { name: "a folder that means itself", raw: "./a/./b", path: "a/b" },
    { name: "percent signs as they are", raw: "a%2e%2e/b", path: "a%2e%2e/b" },
    { name: "a blank inside", raw: "my file", path: "my file" },
  ];
  it.each(kept)("takes $name", ({ raw, path }) => {
    expect(cleanName(raw)).toEqual({ kind: "path", path });
  });

  const refused = [
    { raw: "", reason: "empty-name" },
    { raw: "/", reason: "empty-name" },
    { raw: "\xff\xff", reason: "empty-name" },
    { raw: "../etc/passwd", reason: "parent-folder" },
    { raw: "a\\..\\b", reason: "parent-folder" },
    { raw: "tftp://h/../b", reason: "parent-folder" },
    { raw: ".git/config", reason: "hidden" },
    { raw: "a/.hidden", reason: "hidden" },
    { raw: "a\xffb.efi", reason: "not-ascii" },
    { raw: "a\nb", reason: "not-ascii" },
    { raw: "a".repeat(nameLimit + 1), reason: "name-too-long" },
  ];
  it.each(refused)("refuses $raw: $reason", ({ raw, reason }) => {
    expect(cleanName(raw)).toEqual({ kind: "refused", reason });
  });

  it("never gives a path that leaves its tree or hides", () => {
    const piece = fc.constantFrom(
      "..",
      ".",
      "/",
      "\\",
      "a",
      "\xff",
      "\0",
      " ",
      "tftp://",
      "1.2.3.4:",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const name = cleanName(pieces.join(""));
        if (name.kind === "refused") return;
        expect(name.path).toMatch(/^[\x20-\x7e]+$/);
        expect(name.path.split("/").some((part) => part === "" || part.startsWith("."))).toBe(
          false,
        );
      }),
    );
  });
});

describe("candidateNames", () => {
  const rows = [
    { path: "snponly.efi", want: ["snponly.efi"] },
    { path: "undionly.kpxe.0", want: ["undionly.kpxe.0", "undionly.kpxe"] },
    { path: "Boot/IPXE.EFI", want: ["Boot/IPXE.EFI", "boot/ipxe.efi"] },
    { path: "10.0.0.1/a.0", want: ["10.0.0.1/a.0", "10.0.0.1/a", "a.0", "a"] },
    { path: ".0", want: [".0"] },
    { path: "9ffefdef/start4.elf", want: ["9ffefdef/start4.elf", "start4.elf"] },
    { path: "dc-a6-32-00-00-01/a.bin", want: ["dc-a6-32-00-00-01/a.bin", "a.bin"] },
    { path: "9ffefdef/overlays/a.dtbo", want: ["9ffefdef/overlays/a.dtbo", "overlays/a.dtbo"] },
    { path: "9ffefde/start4.elf", want: ["9ffefde/start4.elf"] },
  ];
  it.each(rows)("tries $want for $path", ({ path, want }) => {
    expect(candidateNames(path)).toEqual(want);
  });
});
