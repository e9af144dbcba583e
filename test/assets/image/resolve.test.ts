import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ImageWish, Resolution } from "../../../src/assets/image/image.ts";
import { parseRecipe } from "../../../src/assets/image/recipe.ts";
import { chooseFiles, resolveImage } from "../../../src/assets/image/resolve.ts";

const recipeOf = (name: string) => {
  const file = new URL(`../../../images/recipes/${name}.yaml`, import.meta.url);
  return chooseFiles(parseRecipe(name, readFileSync(file, "utf8")), []);
};
const [a, b, c] = ["a".repeat(64), "b".repeat(64), "c".repeat(64)];

const fcosPart = (name: string, sha256: string) => {
  const location = `https://builds.coreos.fedoraproject.org/prod/${name}`;
  return { location, signature: `${location}.sig`, sha256 };
};
const fcos = JSON.stringify({
  stream: "stable",
  architectures: {
    x86_64: {
      artifacts: {
        metal: {
          release: "43.20251024.3.0",
          formats: {
            pxe: {
              kernel: fcosPart("fedora-coreos-live-kernel.x86_64", a),
              initramfs: fcosPart("initramfs.x86_64.img", b),
              rootfs: fcosPart("rootfs.x86_64.img", c),
            },
          },
        },
      },
    },
  },
});
const images = "main/installer-amd64/current/images";
const netboot = "netboot/debian-installer/amd64";
const inRelease = `Version: 13.2\nCodename: trixie\nSHA256:\n ${c} 99 ${images}/SHA256SUMS\n`;
const debianSums = `${a}  ./${netboot}/linux\n${b}  ./${netboot}/initrd.gz\n`;
const ubuntuSums = [
  `${a} *ubuntu-24.04.2-live-server-amd64.iso`,
  `${a} *ubuntu-24.04.10-live-server-amd64.iso`,
  `${b} *ubuntu-24.04.10-netboot-amd64.tar.gz`,
].join("\n");
const pxeboot = "images/pxeboot";
const treeInfo = [
  ...["[general]", "version = 43", "[checksums]", `${pxeboot}/vmlinuz = sha256:${a}`],
  ...[`${pxeboot}/initrd.img = sha256:${b}`, `images/install.img = sha256:${c}`],
].join("\n");
const talosSums = `${a}  _out/vmlinuz-amd64\n${b}  _out/initramfs-amd64.xz\n`;

type Row = {
  readonly name: string;
  readonly recipe: string;
  readonly wish?: Partial<ImageWish>;
  readonly documents: Readonly<Record<string, string>>;
  readonly want: object;
};

const x64 = "43/Everything/x86_64/os";
const rows: readonly Row[] = [
  {
    name: "fcos asks for its stream",
    recipe: "fcos",
    documents: {},
    want: { kind: "wants", documents: [{ name: "stream", path: "streams/stable.json" }] },
  },
  {
    name: "fcos takes location, hash and signature of the stream",
    ...{ recipe: "fcos", documents: { stream: fcos } },
    want: {
      release: {
        version: "43.20251024.3.0",
        artefacts: [
          {
            role: "kernel",
            file: "vmlinuz",
            path: "https://builds.coreos.fedoraproject.org/prod/fedora-coreos-live-kernel.x86_64",
            check: { sha256: a, signature: expect.stringMatching(/x86_64\.sig$/) },
          },
          { role: "initrd", file: "initramfs.img", check: { sha256: b } },
          { role: "rootfs", file: "rootfs.img", check: { sha256: c } },
        ],
      },
    },
  },
  {
    name: "fcos has no past version",
    recipe: "fcos",
    wish: { version: "41.1" },
    documents: { stream: fcos },
    want: {
      reason: "no-such-version",
      sentence: "the stream is at 43.20251024.3.0, got asked for 41.1",
    },
  },
  {
    name: "fcos without that architecture",
    recipe: "fcos",
    wish: { arch: "arm64" },
    documents: { stream: fcos },
    want: { reason: "no-such-architecture" },
  },
  {
    name: "fcos of another shape",
    recipe: "fcos",
    documents: { stream: "[]" },
    want: { reason: "unreadable-index" },
  },
  {
    name: "fcos that is no JSON",
    recipe: "fcos",
    documents: { stream: "<html>" },
    want: { reason: "unreadable-index" },
  },
  {
    name: "fcos with a version that leaves its folder",
    recipe: "fcos",
    documents: { stream: fcos.replace("43.20251024.3.0", "../../x") },
    want: { reason: "unreadable-index" },
  },
  {
    name: "flatcar asks for the current version",
    recipe: "flatcar",
    wish: { channel: "beta" },
    documents: {},
    want: { documents: [{ path: "amd64-usr/current/version.txt" }] },
  },
  {
    name: "flatcar asks for a named version",
    recipe: "flatcar",
    wish: { version: "4230.2.1" },
    documents: {},
    want: { documents: [{ path: "amd64-usr/4230.2.1/version.txt" }] },
  },
  {
    name: "flatcar has a signature beside each file",
    ...{
      recipe: "flatcar",
      documents: { version: "FLATCAR_BUILD=4230\nFLATCAR_VERSION=4230.2.3\n" },
    },
    want: {
      release: {
        version: "4230.2.3",
        artefacts: [
          {
            path: "amd64-usr/4230.2.3/flatcar_production_pxe.vmlinuz",
            check: { signature: "amd64-usr/4230.2.3/flatcar_production_pxe.vmlinuz.sig" },
          },
          { role: "initrd" },
        ],
      },
    },
  },
  {
    name: "flatcar whose index is a page",
    recipe: "flatcar",
    documents: { version: "<html>" },
    want: { reason: "unreadable-index" },
  },
  {
    name: "talos asks which is newest",
    recipe: "talos",
    documents: {},
    want: { documents: [{ name: "latest" }] },
  },
  {
    name: "talos asks for checksums",
    recipe: "talos",
    documents: { latest: `{"tag_name": "v1.11.5"}` },
    want: { documents: [{ path: "v1.11.5/sha256sum.txt" }] },
  },
  {
    name: "talos of a named version asks for no newest",
    recipe: "talos",
    wish: { version: "v1.9.0" },
    documents: {},
    want: { documents: [{ path: "v1.9.0/sha256sum.txt" }] },
  },
  {
    name: "talos reads names as they were built",
    recipe: "talos",
    documents: { latest: `{"tag_name":"v1.11.5"}`, sums: talosSums },
    want: {
      release: {
        version: "v1.11.5",
        artefacts: [
          { path: "v1.11.5/vmlinuz-amd64", check: { sha256: a } },
          { check: { sha256: b } },
        ],
      },
    },
  },
  {
    name: "talos without a tag",
    recipe: "talos",
    documents: { latest: "{}" },
    want: { reason: "unreadable-index" },
  },
  {
    name: "debian asks for InRelease",
    recipe: "debian",
    documents: {},
    want: { documents: [{ path: "dists/trixie/InRelease", check: { clearsigned: true } }] },
  },
  {
    name: "debian asks for the list that InRelease vouches for",
    recipe: "debian",
    documents: { InRelease: inRelease },
    want: { documents: [{ path: `dists/trixie/${images}/SHA256SUMS`, check: { sha256: c } }] },
  },
  {
    name: "debian takes the point release for the version",
    recipe: "debian",
    documents: { InRelease: inRelease, SHA256SUMS: debianSums },
    want: {
      release: {
        version: "13.2",
        artefacts: [
          { path: `dists/trixie/${images}/${netboot}/linux`, check: { sha256: a } },
          { check: { sha256: b } },
        ],
      },
    },
  },
  {
    name: "debian testing is told apart by its list",
    recipe: "debian",
    documents: { InRelease: inRelease.replace("Version: 13.2\n", ""), SHA256SUMS: debianSums },
    want: { release: { version: "trixie-cccccccccccc" } },
  },
  {
    name: "debian with a list that lacks the kernel",
    recipe: "debian",
    documents: { InRelease: inRelease, SHA256SUMS: "" },
    want: { reason: "missing-checksum" },
  },
  {
    name: "debian without that list",
    recipe: "debian",
    documents: { InRelease: "Version: 1" },
    want: { reason: "missing-checksum" },
  },
  {
    name: "debian has no past version",
    recipe: "debian",
    wish: { version: "12.1" },
    documents: { InRelease: inRelease },
    want: { reason: "no-such-version" },
  },
  {
    name: "ubuntu asks for signed sums",
    recipe: "ubuntu",
    documents: {},
    want: {
      documents: [{ path: "24.04/SHA256SUMS", check: { signature: "24.04/SHA256SUMS.gpg" } }],
    },
  },
  {
    name: "ubuntu takes the newest point release by number",
    recipe: "ubuntu",
    documents: { SHA256SUMS: ubuntuSums },
    want: {
      release: {
        version: "24.04.10",
        artefacts: [
          {
            role: "archive",
            path: "24.04/ubuntu-24.04.10-netboot-amd64.tar.gz",
            check: { sha256: b },
            members: [{ role: "kernel", member: "amd64/linux" }, { role: "initrd" }],
          },
          { role: "iso", check: { sha256: a } },
        ],
      },
    },
  },
  {
    name: "ubuntu whose older point release is gone",
    recipe: "ubuntu",
    wish: { version: "24.04.1" },
    documents: { SHA256SUMS: ubuntuSums },
    want: { reason: "no-such-version", sentence: "want 24.04.1, SHA256SUMS has 24.04.2, 24.04.10" },
  },
  {
    name: "ubuntu without a netboot archive",
    recipe: "ubuntu",
    wish: { version: "24.04.2" },
    documents: { SHA256SUMS: ubuntuSums },
    want: { reason: "missing-checksum" },
  },
  {
    name: "fedora asks for the tree's own list",
    recipe: "fedora",
    documents: {},
    want: { documents: [{ path: `${x64}/.treeinfo` }] },
  },
  {
    name: "fedora takes sums and version of the list",
    recipe: "fedora",
    documents: { treeinfo: treeInfo },
    want: {
      release: {
        version: "43",
        artefacts: [
          {
            path: `${x64}/${pxeboot}/vmlinuz`,
            file: "images/pxeboot/vmlinuz",
            check: { sha256: a },
          },
          {},
          { role: "stage2" },
        ],
      },
    },
  },
  {
    name: "fedora with a list of nothing",
    recipe: "fedora",
    documents: { treeinfo: "" },
    want: { reason: "unreadable-index" },
  },
  {
    name: "alma has its own tree",
    recipe: "almalinux",
    documents: {},
    want: { documents: [{ path: "10/BaseOS/x86_64/os/.treeinfo" }] },
  },
  {
    name: "rocky calls arm64 by its own name",
    recipe: "rocky",
    wish: { arch: "arm64" },
    documents: {},
    want: { documents: [{ path: "10/BaseOS/aarch64/os/.treeinfo" }] },
  },
  {
    name: "ubuntu is not made for arm64",
    recipe: "ubuntu",
    wish: { arch: "arm64" },
    documents: {},
    want: {
      reason: "no-such-architecture",
      sentence: "ubuntu is made for x86_64, got asked for arm64",
    },
  },
];

describe("resolveImage", () => {
  it.each(rows)("$name", ({ recipe: name, wish, documents, want }) => {
    const recipe = recipeOf(name);
    const asked = { channel: recipe.channels[0] ?? "", arch: "x86_64", ...wish } as const;
    const got: Resolution = resolveImage(recipe, asked, new Map(Object.entries(documents)));
    expect(got).toMatchObject(want);
    // Who vouches for a checksum is told: one of the documents that were read.
    const checks = got.kind === "release" ? got.release.artefacts.map(({ check }) => check) : [];
    for (const { sha256, listedIn } of checks) {
      if (sha256 !== undefined) expect(Object.keys(documents)).toContain(listedIn);
    }
  });

  it("takes an operator's recipe at its word", () => {
    const recipe = parseRecipe(
      "mine",
      JSON.stringify({
        ...{ name: "mine", title: "Mine", upstream: "custom", version: "7" },
        ...{ mirrors: ["http://files.example"], channels: ["local"] },
        architectures: { x86_64: "amd64" },
        files: [{ role: "kernel", from: "{version}/linux-{arch}", file: "linux", sha256: a }],
        boot: { args: [], ramMib: 1, secureBoot: "unsigned" },
      }),
    );
    const wish = { channel: "local", arch: "x86_64" } as const;
    const artefacts = [{ path: "7/linux-amd64", check: { sha256: a } }];
    expect(resolveImage(recipe, wish, new Map())).toMatchObject({
      release: { version: "7", artefacts },
    });
    const other = resolveImage(recipe, { ...wish, version: "8" }, new Map());
    expect(other).toMatchObject({ reason: "no-such-version" });
  });
});

describe("chooseFiles", () => {
  it("leaves optional files out until their role is asked for", () => {
    const file = new URL("../../../images/recipes/flatcar.yaml", import.meta.url);
    const recipe = parseRecipe("flatcar", readFileSync(file, "utf8"));
    const roles = (extras: readonly "disk"[]) =>
      chooseFiles(recipe, extras).files.map(({ role }) => role);
    expect(roles([])).toEqual(["kernel", "initrd"]);
    expect(roles(["disk"])).toEqual(["kernel", "initrd", "disk"]);
  });
});
