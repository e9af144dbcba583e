// biome-ignore-all lint/suspicious/noTemplateCurlyInString: iPXE writes its settings like that
import { describe, expect, it } from "vitest";
import { checkBoot, urlsOfBoot } from "../../../src/assets/image/image-check.ts";
import { manifestOf } from "../../support/image-manifest.ts";

const id = { name: "fcos", version: "43.1", arch: "x86_64" } as const;
const manifest = {
  ...manifestOf(id),
  boot: {
    ...{ args: [], required: ["initrd=main", "rd"], ramMib: 2048 },
    secureBoot: "unsigned" as const,
  },
};
const images = [{ id, manifest }];
const folder = "/assets/images/fcos/43.1/x86_64";
const boot = { kernel: `${folder}/vmlinuz`, initrd: [], args: ["initrd=main", "rd=1"] };
const known = { ramMib: 4096, secureBoot: false };

describe("checkBoot", () => {
  it.each([
    { name: "nothing where all is right", want: [] },
    {
      name: "an argument that was lost",
      boot: { ...boot, args: ["rd"] },
      want: [
        "error: the argument initrd=main is missing, without which Fedora CoreOS does not start",
      ],
    },
    {
      name: "an image that is gone",
      boot: { ...boot, kernel: "/assets/images/fcos/42/x86_64/vmlinuz" },
      want: ["error: it boots fcos@42, which is not here"],
    },
    {
      name: "a file that the image has not",
      boot: { ...boot, args: [...boot.args, `root=http://a:8080${folder}/rootfs.img`] },
      want: ["error: the image has no file rootfs.img"],
    },
    {
      name: "its folder as such",
      boot: { ...boot, args: [...boot.args, `a=${folder}`] },
      want: [],
    },
    {
      name: "too little memory",
      facts: { ...known, ramMib: 1024 },
      want: ["error: Fedora CoreOS wants 2048 MiB of memory, the machine has 1024"],
    },
    {
      name: "Secure Boot that refuses it",
      facts: { ...known, secureBoot: true },
      want: ["error: Fedora CoreOS cannot boot with Secure Boot on: its kernel is not signed"],
    },
    {
      name: "what is not known, as a note",
      facts: {},
      want: [
        "info: Fedora CoreOS wants 2048 MiB of memory; what the machine has is not known",
        "info: Fedora CoreOS cannot boot with Secure Boot on: its kernel is not signed",
      ],
    },
    { name: "nothing of a boot without an image", boot: { ...boot, kernel: "/a" }, want: [] },
  ])("tells $name", ({ boot: given = boot, facts = known, want }) => {
    const { troubles } = checkBoot(given, images, facts);
    expect(troubles.map(({ severity, sentence }) => `${severity}: ${sentence}`)).toEqual(want);
    expect(troubles.every(({ cure }) => cure !== "")).toBe(true);
  });

  it("asks nothing of Secure Boot where the kernel is signed", () => {
    const signed = { ...manifest, boot: { ...manifest.boot, secureBoot: "signed" as const } };
    const facts = { ramMib: 4096, secureBoot: true };
    expect(checkBoot(boot, [{ id, manifest: signed }], facts).troubles).toEqual([]);
  });
});

describe("urlsOfBoot", () => {
  const origin = "http://10.0.0.1:8080";
  const args = [
    `a=${origin}${folder}/rootfs`,
    `ignition.config.url=${origin}/ignition?mac=\${mac:hexhyp}&uuid=\${uuid}`,
    ...["inst.repo=https://mirror.example/tree", "quiet"],
  ];
  const given = { kernel: `${folder}/vmlinuz`, initrd: [`--name main ${folder}/initrd`], args };

  it("names what machines ask of this host, with what iPXE would fill in", () => {
    const { urls, unknown } = urlsOfBoot(given, origin, { mac: "52-54-00-00-00-01", uuid: "u" });
    expect(unknown).toEqual([]);
    expect(urls).toEqual([
      ...[`${origin}${folder}/vmlinuz`, `${origin}${folder}/initrd`, `${origin}${folder}/rootfs`],
      `${origin}/ignition?mac=52-54-00-00-00-01&uuid=u`,
    ]);
  });

  it("leaves what it cannot fill in", () => {
    const { urls, unknown } = urlsOfBoot(given, origin, { mac: "a" });
    expect(urls).toHaveLength(3);
    expect(unknown).toEqual([`${origin}/ignition?mac=a&uuid=\${uuid}`]);
  });
});
