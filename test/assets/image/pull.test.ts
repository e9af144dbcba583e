import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ImageWish } from "../../../src/assets/image/image.ts";
import { pullImage } from "../../../src/assets/image/pull.ts";
import type { Recipe } from "../../../src/assets/image/recipe.ts";
import { chooseFiles } from "../../../src/assets/image/resolve.ts";
import { type ImageSite, openImageSite, recipeOf, sha256 } from "../../support/image-site.ts";
import { type ImageYard, initrd, kernel, openImageYard } from "../../support/image-yard.ts";

const now = Date.parse("2026-06-01T00:00:00Z");
const wish: ImageWish = { channel: "stable", arch: "x86_64" };

let yard: ImageYard;
let site: ImageSite;
beforeAll(async () => {
  yard = await openImageYard();
});
afterAll(() => yard[Symbol.asyncDispose]());
beforeEach(async () => {
  await yard.clear();
  site = openImageSite(yard.upstream.ca + yard.mirror.ca, now);
});
afterEach(() => site[Symbol.dispose]());

const flatcar = async () => chooseFiles(await yard.flatcar(), []);
const pullFlatcar = async () => pull(await flatcar());
const pull = (recipe: Recipe, more: Partial<ImageWish> = {}) =>
  pullImage({ recipe, wish: { ...wish, ...more } }, site.depsFor(recipe));
const published = () => {
  const root = join(site.root, "assets");
  return existsSync(root) ? readdirSync(root, { recursive: true, withFileTypes: true }) : [];
};
const publishedFiles = () => published().filter((entry) => entry.isFile());
const quarantined = () => {
  const root = join(site.root, "images/quarantine");
  return existsSync(root) ? readdirSync(root).map((name) => join(root, name)) : [];
};

describe("a pull", () => {
  it("brings files with a signature each, and writes down who signed", async () => {
    const { image } = await pullFlatcar();
    const folder = join(site.root, "assets/images/flatcar/4230.2.3/x86_64");
    expect(readFileSync(join(folder, "vmlinuz")).equals(kernel)).toBe(true);
    expect(image.manifest).toMatchObject({
      ...{ name: "flatcar", version: "4230.2.3", arch: "x86_64", channel: "stable" },
      ...{ pulledAt: "2026-06-01T00:00:00.000Z", tree: yard.upstream.origin },
      boot: { required: ["initrd=main"], ramMib: 512, secureBoot: "signed" },
      files: [
        {
          ...{ role: "kernel", file: "vmlinuz", bytes: kernel.length, sha256: sha256(kernel) },
          url: `${yard.upstream.origin}/amd64-usr/4230.2.3/vmlinuz`,
          mirror: yard.upstream.origin,
          vouchers: [
            {
              ...{
                kind: "signature",
                file: "vmlinuz.sig",
                owner: "Upstream",
                primary: yard.primary,
                signing: yard.signing,
              },
              madeAt: "2025-01-01T00:00:00.000Z",
            },
          ],
        },
        { role: "initrd", sha256: sha256(initrd) },
      ],
      documents: [{ name: "version", vouchers: [{ kind: "https" }] }],
    });
    expect(readdirSync(join(folder, "proof"), { recursive: true }).sort()).toEqual([
      ...[
        "initrd.sig",
        "keys",
        `keys/${yard.primary}.asc`,
        "recipe.yaml",
        "version",
        "vmlinuz.sig",
      ],
    ]);
    expect(existsSync(join(site.root, "images/partial/flatcar/4230.2.3/x86_64"))).toBe(false);
  });

  it("follows a chain from a clearsigned index to each file", async () => {
    const { image } = await pull(await yard.debian());
    expect(image.manifest).toMatchObject({
      version: "13.2",
      files: [{ vouchers: [{ kind: "document", document: "SHA256SUMS" }] }, {}],
      documents: [
        {
          name: "InRelease",
          vouchers: [{ kind: "signature", file: "InRelease", signing: yard.signing }],
        },
        { name: "SHA256SUMS", vouchers: [{ kind: "document", document: "InRelease" }] },
      ],
    });
  });

  it("says so where nothing but HTTPS vouches", async () => {
    const { image } = await pull(yard.talos());
    const { host } = new URL(yard.upstream.origin);
    expect(image.manifest).toMatchObject({
      files: [{ vouchers: [{ kind: "document", document: "sums" }] }],
      documents: [{ name: "latest" }, { name: "sums", vouchers: [{ kind: "https", host }] }],
    });
  });

  it("takes an operator's checksum", async () => {
    const { image } = await pull(yard.custom());
    expect(image.manifest.files[0]?.vouchers).toEqual([{ kind: "recipe" }]);
  });

  it("has nothing to do a second time, and fetches only what is asked for besides", async () => {
    await pullFlatcar();
    yard.upstream.requests.length = 0;
    expect(await pullFlatcar()).toMatchObject({ kind: "present" });
    expect(yard.upstream.requests).toEqual(["GET amd64-usr/current/version.txt"]);
    const disk = Buffer.from("disk");
    yard.both("amd64-usr/4230.2.3/disk", disk);
    yard.both("amd64-usr/4230.2.3/disk.sig", await yard.sign(disk));
    const { kind, image } = await pull(chooseFiles(await yard.flatcar(), ["disk"]));
    expect(kind).toBe("pulled");
    expect(image.manifest.files.map(({ file }) => file)).toEqual(["vmlinuz", "initrd", "disk"]);
    const whole = yard.upstream.requests.filter((row) => /vmlinuz$|initrd$/.test(row));
    expect(whole).toEqual([]);
  });

  it("takes members out of an archive", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kindling-archive-"));
    mkdirSync(join(folder, "amd64"));
    writeFileSync(join(folder, "amd64/linux"), kernel);
    writeFileSync(join(folder, "amd64/other"), "x");
    const archive = execFileSync("tar", ["-C", folder, "-czf", "-", "amd64"]);
    rmSync(folder, { recursive: true });
    yard.both("netboot.tar.gz", archive);
    const members = [{ role: "kernel", member: "amd64/linux", file: "linux" }];
    const row = { role: "archive", from: "netboot.tar.gz", file: "netboot.tar.gz" };
    const files = [{ ...row, sha256: sha256(archive), members }];
    const { image } = await pull(yard.custom({ files }));
    expect(image.manifest.files).toMatchObject([
      {
        file: "linux",
        sha256: sha256(kernel),
        member: "amd64/linux",
        archiveSha256: sha256(archive),
      },
    ]);
    expect(
      publishedFiles()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...["linux", "manifest.json", "recipe.yaml"]]);
    const lost = [{ ...members[0], member: "amd64/lost" }];
    const failed = pull(yard.custom({ version: "8", files: [{ ...files[0], members: lost }] }));
    await expect(failed).rejects.toMatchObject({ code: "image.broken" });
    await expect(failed).rejects.toThrow(/has no amd64\/lost/);
  });
});

describe("what fails a check", () => {
  const wrong = Buffer.alloc(kernel.length, "wrong");
  type Row = {
    name: string;
    change: () => void | Promise<void>;
    want: RegExp;
    recipe?: () => Recipe;
  };
  const rows: readonly Row[] = [
    {
      name: "a file that is not what was signed",
      change: () => yard.both("amd64-usr/4230.2.3/vmlinuz", wrong),
      want: /vmlinuz of https.*the file is not what Upstream signed/,
    },
    {
      name: "a signature of a stranger",
      change: async () => {
        const stranger = await yard.gpg.key(`stranger-${Math.random()}`);
        yard.both("amd64-usr/4230.2.3/vmlinuz.sig", await yard.gpg.sign(kernel, { by: stranger }));
      },
      want: /which is under none of/,
    },
    {
      name: "a signature that is a page",
      change: () => yard.both("amd64-usr/4230.2.3/vmlinuz.sig", Buffer.from("<html>")),
      want: /not an OpenPGP signature/,
    },
    {
      name: "a weak hash",
      change: async () => {
        const weak = await yard.gpg.sign(kernel, { by: `${yard.signing}!`, hash: "SHA1" });
        yard.both("amd64-usr/4230.2.3/vmlinuz.sig", weak);
      },
      want: /want SHA-256 or better/,
    },
    {
      ...{
        name: "a checksum",
        recipe: () => yard.custom(),
        want: /want [0-9a-f]{64} of the recipe/,
      },
      change: () => yard.both("linux", wrong),
    },
  ];
  it.each(rows)("$name is put aside and never shown", async ({ change, want, recipe }) => {
    const wanted = recipe?.() ?? (await flatcar());
    await change();
    const failed = pull(wanted);
    await expect(failed).rejects.toMatchObject({ code: "image.unverified" });
    await expect(failed).rejects.toThrow(want);
    expect(publishedFiles()).toEqual([]);
    const [folder = ""] = quarantined();
    expect(JSON.parse(readFileSync(join(folder, "reason.json"), "utf8")).reason).toMatch(want);
  });

  it("is had from another mirror", async () => {
    const recipe = yard.custom();
    yard.upstream.files.set("linux", wrong);
    const { image } = await pull(recipe);
    expect(image.manifest.files[0]?.mirror).toBe(yard.mirror.origin);
    expect(quarantined()).toEqual([]);
  });

  it("is fetched afresh where it was put together from parts", async () => {
    yard.upstream.fail("linux", { kind: "reset", after: 1000 }, { kind: "tamper" });
    const { image } = await pull(yard.custom());
    expect(image.manifest.files[0]?.mirror).toBe(yard.upstream.origin);
    expect(yard.upstream.requests.filter((row) => row.includes("linux"))).toEqual([
      ...["GET linux", "GET linux bytes=1000-", "GET linux"],
    ]);
  });

  it.each([
    {
      name: "an index that was changed",
      change: () => {
        const path = "dists/stable/InRelease";
        const text = Buffer.from(yard.upstream.files.get(path) ?? []).toString();
        yard.both(path, Buffer.from(text.replace("13.2", "13.3")));
      },
      want: /InRelease of https.*not what Upstream signed/,
    },
    {
      name: "text before a signed index",
      change: () => {
        const path = "dists/stable/InRelease";
        yard.both(
          path,
          Buffer.concat([
            Buffer.from("Version: 9\n"),
            yard.upstream.files.get(path) ?? Buffer.alloc(0),
          ]),
        );
      },
      want: /want one clearsigned text and nothing around it/,
    },
    {
      name: "a list that is not the one in the index",
      change: () => yard.both("dists/stable/main/installer-amd64/current/images/SHA256SUMS", wrong),
      want: /SHA256SUMS of https.*of InRelease/,
    },
  ])("$name ends before a file is fetched", async ({ change, want }) => {
    const recipe = await yard.debian();
    change();
    const failed = pull(recipe);
    await expect(failed).rejects.toMatchObject({ code: "image.unverified" });
    await expect(failed).rejects.toThrow(want);
    expect(yard.upstream.requests.some((row) => row.includes("linux"))).toBe(false);
  });
});

describe("keys", () => {
  it("are asked for again when an owner signs with a new subkey", async () => {
    await pullFlatcar();
    yard.upstream.requests.length = 0;
    const fresh = await yard.gpg.subkey(yard.primary);
    yard.both("amd64-usr/current/version.txt", Buffer.from("FLATCAR_VERSION=4230.2.4\n"));
    for (const [name, bytes] of Object.entries({ vmlinuz: kernel, initrd })) {
      yard.both(`amd64-usr/4230.2.4/${name}`, bytes);
      yard.both(`amd64-usr/4230.2.4/${name}.sig`, await yard.sign(bytes, fresh));
    }
    yard.upstream.files.set("key.asc", await yard.gpg.publish(yard.primary));
    const recipe = recipeOf({
      ...{ name: "flatcar", upstream: "flatcar", index: "{arch}-usr/{version}/version.txt" },
      ...{ mirrors: [yard.upstream.origin], keys: yard.pinned() },
      files: [{ role: "kernel", from: "{arch}-usr/{version}/vmlinuz", file: "vmlinuz" }],
    });
    const { image } = await pull(recipe);
    expect(image.manifest.files[0]?.vouchers).toMatchObject([
      { signing: fresh, primary: yard.primary },
    ]);
    expect(yard.upstream.requests.filter((row) => row === "GET key.asc")).toHaveLength(1);
  });

  it("that cannot be had say where one may be put", async () => {
    const recipe = await yard.debian();
    yard.upstream.files.delete("key.asc");
    const failed = pull(recipe);
    await expect(failed).rejects.toThrow(`put one at ${site.root}/images/keys/${yard.primary}.asc`);
    const stranger = await yard.gpg.key("put-there");
    yard.upstream.files.set("key.asc", await yard.gpg.publish(stranger));
    await expect(pull(recipe)).rejects.toThrow(`the key ${yard.primary} is not in what was sent`);
  });
});

describe("machines", () => {
  it("never see a file before all of its image was checked", async () => {
    const recipe = await flatcar();
    const seen: string[] = [];
    const look = () => {
      seen.push(...publishedFiles().map(({ name }) => name));
    };
    for (const one of [yard.upstream, yard.mirror]) one.onRequest = look;
    const deps = site.depsFor(recipe);
    yard.upstream.fail(
      "amd64-usr/4230.2.3/initrd",
      { kind: "reset", after: 300_000 },
      { kind: "tamper" },
    );
    await pullImage({ recipe, wish }, { ...deps, onProgress: look });
    expect(seen).toEqual([]);
    expect(publishedFiles().map(({ name }) => name)).toContain("initrd");
  });

  it("see no half of an earlier try, however often it is broken off", async () => {
    const recipe = await flatcar();
    const stops = [50_000, 150_000, 400_000];
    for (const stop of stops) {
      const gone = Array(4).fill({ kind: "status", status: 404 });
      yard.upstream.fail("amd64-usr/4230.2.3/initrd", { kind: "reset", after: stop }, ...gone);
      yard.mirror.fail("amd64-usr/4230.2.3/initrd", { kind: "status", status: 404 });
      await expect(pull(recipe)).rejects.toMatchObject({ code: "image.unreachable" });
      expect(publishedFiles()).toEqual([]);
    }
    const { image } = await pull(recipe);
    expect(readFileSync(join(image.folder, "initrd")).equals(initrd)).toBe(true);
  });
});
