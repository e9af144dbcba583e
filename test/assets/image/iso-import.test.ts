import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checksumsGiven } from "../../../src/assets/image/hand-checksums.ts";
import type { HandStep, HandWish } from "../../../src/assets/image/hand-import.ts";
import { importIso } from "../../../src/assets/image/iso-import.ts";
import { parseRecipe } from "../../../src/assets/image/recipe.ts";
import { sha256Of, writeFiles } from "../../support/bundle.ts";
import { type ImageHost, openImageHost } from "../../support/image-host.ts";
import { hasProgram, isoOf, makeIso } from "../../support/iso.ts";

const recipes = join(import.meta.dirname, "../../../images/recipes");
const recipeOf = async (name: string) => {
  return parseRecipe(name, readFileSync(join(recipes, `${name}.yaml`), "utf8"));
};

let site: ImageHost;
let file = "";
beforeEach(() => {
  site = openImageHost();
  file = join(site.root, "some.iso");
});
afterEach(() => site[Symbol.dispose]());

const wishOf = (change: Partial<HandWish> = {}): HandWish => ({
  ...{ library: site.library, recipeOf, dryRun: false, tell: () => {} },
  ...{ now: Date.parse("2026-11-30T08:00:00Z"), signal: new AbortController().signal },
  checksumsFor: async () => checksumsGiven(new Map([["some.iso", sha256Of(readFileSync(file))]])),
  ...change,
});

/** An x86 kernel as far as its header goes. */
const kernel = (() => {
  const bytes = Buffer.alloc(128, "k");
  bytes.write("MZ");
  bytes.writeUInt32LE(64, 60);
  bytes.write("PE\0\0", 64, "latin1");
  bytes.writeUInt16LE(0x8664, 68);
  return bytes;
})();

function write(files: Readonly<Record<string, string | Uint8Array>>, label = "LABEL"): void {
  const root = join(site.root, "tree");
  writeFiles(root, files);
  makeIso("xorriso -as mkisofs -R -iso-level 3", ["-V", label, "-o", file, root]);
}

const live = {
  "images/pxeboot/vmlinuz": kernel,
  "images/pxeboot/initrd.img": "initrd",
  "images/pxeboot/rootfs.img": "rootfs".repeat(10_000),
};
const ubuntu = {
  ".disk/info": 'Ubuntu-Server 24.04.3 LTS "Noble Numbat" - Release amd64 (20250805.1)',
  "casper/vmlinuz": kernel,
  "casper/initrd": "initrd",
  "casper/big.squashfs": "s".repeat(5000),
};
const fedora = {
  ".treeinfo": "[general]\narch = x86_64\nfamily = Fedora\nversion = 43\n",
  "images/pxeboot/vmlinuz": kernel,
  "images/pxeboot/initrd.img": "initrd",
  "images/install.img": "stage two",
  "Packages/k/kernel-6.17.1-300.fc43.x86_64.rpm": "rpm",
  "repodata/repomd.xml": "<repomd/>",
};
const debian = {
  ".disk/info":
    'Debian GNU/Linux 13.2.0 "Trixie" - Official amd64 NETINST with firmware 20251115-09:26',
  "install.amd/vmlinuz": kernel,
  "install.amd/initrd.gz": "initrd",
};

const missing = hasProgram("xorriso") ? "" : " (skipped: there is no xorriso here)";
describe.skipIf(missing !== "")(`an installation ISO${missing}`, () => {
  const rows = [
    {
      name: "Fedora CoreOS",
      ...{ files: live, label: "fedora-coreos-43.20251024.3.0", id: "fcos/43.20251024.3.0/x86_64" },
      want: {
        vmlinuz: kernel,
        "initramfs.img": "initrd",
        "rootfs.img": live["images/pxeboot/rootfs.img"],
      },
      channel: "stable",
    },
    {
      name: "Debian",
      ...{ files: debian, label: "Debian 13", id: "debian/13.2.0/x86_64", channel: "trixie" },
      want: { linux: kernel, "initrd.gz": "initrd" },
    },
    {
      name: "Fedora's tree",
      ...{ files: fedora, label: "Fedora-E-dvd", id: "fedora/43/x86_64", channel: "43" },
      want: {
        "images/pxeboot/vmlinuz": kernel,
        "images/pxeboot/initrd.img": "initrd",
        "images/install.img": "stage two",
      },
    },
  ];
  it.each(rows)("gives kernel, RAM disk and what belongs to them: $name", async (row) => {
    write(row.files, row.label);
    const id = await importIso(file, wishOf());
    const { "manifest.json": _own, ...files } = site.tree(`assets/images/${row.id}`);
    expect(files).toEqual(
      Object.fromEntries(Object.entries(row.want).map(([path, text]) => [path, sha256Of(text)])),
    );
    const { manifest } = await site.library.find(id);
    expect(manifest.channel).toBe(row.channel);
    const iso = sha256Of(readFileSync(file));
    for (const one of manifest.files) {
      expect(one).toMatchObject({ archiveSha256: iso, url: "file:some.iso" });
      expect(one.vouchers).toEqual([{ kind: "operator" }]);
    }
  });

  it("is served itself where its installer fetches it: Ubuntu", async () => {
    write(ubuntu);
    const { manifest } = await site.library.find(await importIso(file, wishOf()));
    const tree = site.tree("assets/images/ubuntu/24.04.3/x86_64");
    expect(tree).toMatchObject({
      linux: sha256Of(kernel),
      "live-server.iso": sha256Of(readFileSync(file)),
    });
    expect(manifest).toMatchObject({ channel: "24.04", files: [{}, {}, { role: "iso" }] });
  });

  it("is laid out as a tree where packages come from it, and its arguments lead there", async () => {
    write(fedora);
    const { manifest } = await site.library.find(await importIso(file, wishOf()));
    const { "SHA256SUMS.kindling": sums, ...tree } = site.tree("assets/trees/fedora/43/x86_64");
    expect(tree).toEqual(
      Object.fromEntries(Object.entries(fedora).map(([path, text]) => [path, sha256Of(text)])),
    );
    expect(sums).toBeDefined();
    expect(manifest.boot.args).toContain("inst.repo={origin}/assets/trees/fedora/43/x86_64");
    await importIso(file, wishOf());
    expect(Object.keys(site.tree("images")).filter((path) => !path.startsWith("locks/"))).toEqual(
      [],
    );
  });

  it("is only read in a dry run", async () => {
    write(fedora);
    const steps: HandStep[] = [];
    await importIso(file, wishOf({ dryRun: true, tell: (step) => steps.push(step) }));
    expect(site.tree("assets")).toEqual({});
    expect(steps.length).toBeGreaterThan(5);
  });

  it("is what the operator says, where it says nothing itself", async () => {
    write(live, "something");
    await expect(importIso(file, wishOf())).rejects.toThrow(/does not say which: say --as NAME@/);
    const as = { name: "fcos", version: "99" };
    expect(await importIso(file, wishOf({ as, arch: "arm64" }))).toEqual({ ...as, arch: "arm64" });
  });

  it("is refused with another checksum, and without one it says its own", async () => {
    write(live, "fedora-coreos-43.1");
    const none = wishOf({ checksumsFor: async () => checksumsGiven(new Map()) });
    const sha256 = sha256Of(readFileSync(file));
    await expect(importIso(file, none)).rejects.toThrow(`say --sha256 ${sha256}`);
    const other = new Map([["some.iso", "a".repeat(64)]]);
    const wrong = wishOf({ checksumsFor: async () => checksumsGiven(other) });
    await expect(importIso(file, wrong)).rejects.toThrow(/want SHA-256 aaaa.*: bring it again/);
    expect(site.tree("assets")).toEqual({});
  });

  it("tells what to know of it", async () => {
    write(debian);
    const notes: string[] = [];
    const tell = (step: HandStep) => step.kind === "note" && notes.push(step.sentence);
    await importIso(file, wishOf({ tell }));
    expect(notes).toEqual([expect.stringContaining("looks for its CD")]);
  });
});

describe("another file", () => {
  it.each([
    {
      name: "an ISO of no known kind",
      bytes: isoOf([]),
      want: /want an image of Fedora CoreOS, live/,
    },
    { name: "no ISO", bytes: Buffer.alloc(40_000), want: /some.iso: ISO image: volume descriptor/ },
    { name: "nothing", bytes: Buffer.alloc(0), want: /some.iso: ISO image: want 2048 bytes/ },
  ])("is refused: $name", async ({ bytes, want }) => {
    writeFileSync(file, bytes);
    await expect(importIso(file, wishOf())).rejects.toThrow(want);
  });
});
