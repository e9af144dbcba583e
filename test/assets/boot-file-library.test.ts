import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BootFileLibrary, openBootFiles } from "../../src/assets/boot-file-library.ts";
import { openLoaderLibrary } from "../../src/assets/loader-library.ts";
import { Architectures, architectureOf } from "../../src/boot/firmware.ts";
import { type LoaderRules, loaderNames } from "../../src/boot/loader-choice.ts";
import { nextStage } from "../../src/boot/next-stage.ts";
import { candidateNames, cleanName } from "../../src/tftp/name.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";

const server = parseIpv4("10.77.0.1");
const mac = parseMac("52:54:00:77:00:10");
let root: string;
let loaders: string;
let assets: string;
let hasAssets = true;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "boot-files-"));
  [loaders, assets] = [join(root, "loaders"), join(root, "assets")];
  await mkdir(loaders);
  await mkdir(join(assets, "lab"), { recursive: true });
  hasAssets = true;
});
afterEach(() => rm(root, { recursive: true }));

const library = () => openLoaderLibrary({ folders: [loaders], systemFolders: [] });
const files = (): BootFileLibrary =>
  openBootFiles({
    loaders: library(),
    texts: {
      autoexec: () => "#!ipxe auto",
      diagnosis: (asker) => (asker.mac === mac ? "#!ipxe loop" : undefined),
      grubConfig: async (asker) => (asker.mac === mac ? "default=0" : undefined),
    },
    assets: () => (hasAssets ? assets : undefined),
    now: () => 0,
  });
async function textOf(path: string, asker: { mac?: typeof mac; arch?: number } = {}) {
  const arch = asker.arch === undefined ? undefined : architectureOf(asker.arch);
  const found = await files().find(path, { server, mac: asker.mac, arch });
  return found.kind === "file" ? found.bytes.toString() : found.reason;
}

describe("find", () => {
  it("gives what is there of the variants that do", async () => {
    await writeFile(join(loaders, "ipxe.efi"), "native");
    expect(await textOf("snponly.efi")).toBe("native");
    await writeFile(join(loaders, "snponly.efi"), "snp");
    expect(await textOf("deep/down/snponly.efi")).toBe("snp");
  });

  it("gives an arm64 machine its own, by the name that shim knows", async () => {
    await writeFile(join(loaders, "ipxe.efi"), "x64");
    await writeFile(join(loaders, "ipxe-arm64.efi"), "arm64");
    expect(await textOf("ipxe.efi", { arch: 11 })).toBe("arm64");
    expect(await textOf("ipxe.efi", { arch: 7 })).toBe("x64");
  });

  it("makes texts for the machine that asks, with their exact size", async () => {
    expect(await textOf("b/autoexec.ipxe")).toBe("#!ipxe auto");
    expect(await textOf("loop.ipxe", { mac })).toBe("#!ipxe loop");
    expect(await textOf("loop.ipxe")).toMatch(/nothing to boot/);
    expect(await textOf("grub/grub.cfg", { mac })).toBe("default=0");
    expect(await textOf("grub/grub.cfg")).toMatch(/nothing to boot/);
  });

  it("says at once that an optional file is not needed, unless the operator has it", async () => {
    expect(await textOf("revocations.efi")).toBe("not needed");
    await writeFile(join(loaders, "revocations.efi"), "list");
    expect(await textOf("revocations.efi")).toBe("list");
  });

  it("gives assets to a GRUB, and none by a link that leads out or where there is no GRUB", async () => {
    await writeFile(join(assets, "lab/vmlinuz"), "kernel");
    await writeFile(join(root, "secret"), "secret");
    await symlink(join(root, "secret"), join(assets, "leak"));
    expect(await textOf("assets/lab/vmlinuz")).toBe("kernel");
    expect(await textOf("assets/leak")).toMatch(/link out/);
    expect(await textOf("assets/lab")).toBe("no such asset");
    expect(await textOf("assets/gone")).toBe("no such asset");
    hasAssets = false;
    expect(await textOf("assets/lab/vmlinuz")).toBe("assets come by HTTP");
  });
});

describe("what DHCP names", () => {
  const stages = [
    { kind: "firmware", client: "pxe" },
    { kind: "firmware", client: "http" },
    { kind: "ipxe", features: { http: false, https: false, bzimage: false, efi: false } },
  ] as const;
  const subsets = [
    { name: "everything", has: loaderNames() },
    { name: "native builds only", has: loaderNames().filter((name) => /^ipxe/.test(name)) },
    { name: "no shim", has: loaderNames().filter((name) => !/shim/.test(name)) },
  ];
  const policies = ["auto", "off", "shim", "ipxe-shim"] as const;
  it.each(subsets)("TFTP and HTTP serve, with $name there", async ({ has }) => {
    for (const name of has) await writeFile(join(loaders, name), name);
    const tree = files();
    for (const arch of Architectures) {
      for (const secureBoot of policies) {
        const rules: LoaderRules = {
          ...{ has: library().has, prefer: "snponly", secureBoot },
          machines: new Map(),
          historyOf: () => undefined,
        };
        for (const stage of stages) {
          const ask = { stage, arch, identity: { mac } };
          const next = nextStage(ask, { server, httpPort: 8080, loaders: rules });
          if (next.kind !== "tftp-loader" && next.kind !== "http-loader") continue;
          const name = next.kind === "tftp-loader" ? next.file : (next.url.split("/").at(-1) ?? "");
          const clean = cleanName(name);
          const path = clean.kind === "path" ? (candidateNames(clean.path)[0] ?? "") : "";
          const found = await tree.find(path, { server, mac, arch });
          const isThere = has.includes(name);
          expect([arch.name, secureBoot, found.kind], name).toEqual([
            arch.name,
            secureBoot,
            isThere ? "file" : "missing",
          ]);
          if (found.kind === "file") expect(found.bytes.toString()).toBe(name);
        }
      }
    }
  });
});
