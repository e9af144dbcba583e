// biome-ignore-all lint/suspicious/noTemplateCurlyInString: iPXE writes its settings like that
import { describe, expect, it } from "vitest";
import {
  type BootableImage,
  missingArguments,
  profileOf,
} from "../../../src/assets/image/image-profile.ts";

const image: BootableImage = {
  id: { name: "fcos", version: "43.1", arch: "x86_64" },
  title: "Fedora CoreOS",
  args: ["initrd=main", "rootfs={rootfs}", "x={base} {origin} {tree}", "u=${uuid}"],
  files: [
    { role: "kernel", file: "vmlinuz" },
    { role: "initrd", file: "images/initrd.img" },
    { role: "rootfs", file: "rootfs.img" },
  ],
  tree: "https://tree.example",
};
const wish = { id: "fcos-43", origin: "http://kindling:8080" };

describe("profileOf", () => {
  it("names kernel and RAM disk by path and what the kernel fetches by URL", () => {
    const folder = "/assets/images/fcos/43.1/x86_64";
    expect(profileOf(image, wish)).toMatchObject({
      id: "fcos-43",
      name: "Fedora CoreOS 43.1 x86_64",
      boot: {
        kernel: `${folder}/vmlinuz`,
        initrd: [`--name main ${folder}/images/initrd.img`],
        args: [
          "initrd=main",
          `rootfs=http://kindling:8080${folder}/rootfs.img`,
          `x=http://kindling:8080${folder} http://kindling:8080 https://tree.example`,
          "u=${uuid}",
        ],
      },
    });
  });

  it("makes none without a kernel", () => {
    expect(profileOf({ ...image, files: image.files.slice(1) }, wish)).toBeUndefined();
  });
});

describe("missingArguments", () => {
  it.each([
    { required: ["initrd=main", "pti"], args: ["initrd=main", "pti=on"], want: [] },
    { required: ["initrd=main"], args: ["initrd=other"], want: ["initrd=main"] },
    { required: ["ip"], args: ["ipv6=x"], want: ["ip"] },
  ])("$required of $args", ({ required, args, want }) => {
    expect(missingArguments(required, args)).toEqual(want);
  });
});
