import { expect, it } from "vitest";
import { renderGrub, renderGrubLocal, renderGrubNotice } from "../../src/render/grub.ts";

const entry = (title: string, kernel: string, initrd: string) => [
  `menuentry "${title}" {`,
  'echo "Loading kernel"',
  kernel,
  'echo "Loading initrd"',
  initrd,
  "}",
];
const head = ["default=0", "fallback=1", "timeout=1"];

it("writes both entries byte for byte, unescaped", () => {
  const boot = { kernel: "/k", initrd: ["/a", "/b&c"], args: ["a=b", 'x="y z"'] };
  const want = [
    ...head,
    ...entry("CoreOS (EFI)", 'linuxefi "/k" a=b x="y z"', 'initrdefi  "/a" "/b&c"'),
    ...entry("CoreOS (BIOS)", 'linux "/k" a=b x="y z"', 'initrd  "/a" "/b&c"'),
  ];
  expect(renderGrub(boot)).toBe(`${want.join("\n")}\n`);
});

it("leaves a blank behind an initrd command without files", () => {
  const want = [
    ...head,
    ...entry("CoreOS (EFI)", 'linuxefi ""', "initrdefi "),
    ...entry("CoreOS (BIOS)", 'linux ""', "initrd "),
  ];
  expect(renderGrub({ kernel: "", initrd: [], args: [] })).toBe(`${want.join("\n")}\n`);
});

it("leaves for the disk by what each firmware takes", () => {
  expect(renderGrubLocal()).toBe(
    [
      'echo "Installed: this machine boots its disk"',
      'if [ "$grub_platform" = efi ]; then\nexit 1\nfi',
      "set root=(hd0)\nchainloader +1\nboot\n",
    ].join("\n"),
  );
});

it("prints sentences and nothing that GRUB would read as more", () => {
  expect(renderGrubNotice(['one "$two"', "three\nexit"])).toBe(
    'echo "one two"\necho "threeexit"\nsleep 30\nexit 1\n',
  );
});
