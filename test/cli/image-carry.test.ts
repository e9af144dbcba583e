import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sha256Of, writeFiles } from "../support/bundle.ts";
import { runLine } from "../support/cli.ts";
import { type GpgSigners, openSigners } from "../support/gpg-signers.ts";
import { hashTree } from "../support/image-host.ts";
import { openUpstream, type Upstream } from "../support/image-upstream.ts";
import { hasProgram, makeIso } from "../support/iso.ts";

let upstream: Upstream;
let gpg: GpgSigners;
let [pinned, stranger] = ["", ""];
beforeAll(async () => {
  upstream = await openUpstream();
  gpg = await openSigners("20260101T000000");
  [pinned, stranger] = [await gpg.key("upstream"), await gpg.key("stranger")];
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await gpg[Symbol.asyncDispose]();
});

let root = "";
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "kindling-carry-"));
  writeFileSync(join(root, "ca.pem"), upstream.ca);
  upstream.files.clear();
  for (const name of ["linux", "initrd"]) {
    const bytes = Buffer.from(`${name} of an upstream`);
    upstream.files.set(`1/${name}`, bytes);
    upstream.files.set(`1/${name}.sig`, await gpg.sign(bytes, { by: pinned }));
  }
  upstream.files.set("key.asc", await gpg.publish(pinned));
  for (const host of ["a", "b"]) write(host, "mine", signed(pinned));
});
afterEach(() => rmSync(root, { recursive: true }));

const files = [
  { role: "kernel", from: "{version}/linux", file: "linux", signature: "{version}/linux.sig" },
  { role: "initrd", from: "{version}/initrd", file: "initrd", signature: "{version}/initrd.sig" },
];
const signed = (fingerprint: string) => ({
  keys: [{ owner: "our builders", fingerprint, urls: [`${upstream.origin}/key.asc`] }],
  files,
});

/** A host's settings and its recipe of this name. */
function write(host: string, name: string, fields: object): void {
  const recipe = {
    ...{ name, title: name, upstream: "custom", version: "1", channels: ["local"] },
    ...{ mirrors: [upstream.origin], architectures: { x86_64: "amd64" } },
    boot: { args: ["initrd=main"], required: [], ramMib: 512, secureBoot: "unsigned" },
    ...fields,
  };
  const folder = join(root, host);
  const images = { caFile: join(root, "ca.pem"), silence: 1 };
  mkdirSync(join(folder, "images/recipes"), { recursive: true });
  writeFileSync(join(folder, "kindling.yaml"), JSON.stringify({ data: { folder }, images }));
  writeFileSync(join(folder, `images/recipes/${name}.yaml`), JSON.stringify(recipe));
}

const on = (host: string, ...argv: readonly string[]) => {
  return runLine(["image", ...argv, "--config", join(root, host, "kindling.yaml")]);
};
const at = (...names: string[]) => join(root, ...names);
const images = (host: string) => hashTree(at(host, "assets/images"));

async function carryOut(): Promise<string> {
  expect(await on("a", "pull", "mine")).toMatchObject({ exit: 0 });
  const { exit, out } = await on("a", "export", "mine", "-o", at("b.kindling"));
  expect([exit, out]).toEqual([
    0,
    expect.stringMatching(/^mine@1 x86_64\n.*b.kindling: .* SHA-256 /),
  ]);
  return /SHA-256 (\S+)/.exec(out)?.[1] ?? "";
}

describe("kindling image export and import", () => {
  it("carry an image to a host without a network, where its signatures are judged again", async () => {
    const sha256 = await carryOut();
    expect(sha256Of(readFileSync(at("b.kindling")))).toBe(sha256);
    upstream.files.clear();
    const dry = await on("b", "import", at("b.kindling"), "--dry-run");
    expect([dry.exit, dry.out]).toEqual([0, "mine@1 x86_64: would be here\n"]);
    const { exit, out, error } = await on("b", "import", at("b.kindling"));
    expect([exit, out]).toEqual([0, "mine@1 x86_64: is here now\n"]);
    expect(error).toContain(`mine/1/x86_64/linux: our builders (${pinned})\n`);
    expect(images("b")).toEqual(images("a"));
    const again = await on("b", "import", at("b.kindling"), "-o", "json");
    expect(JSON.parse(again.out)).toEqual({
      dryRun: false,
      images: [{ name: "mine", version: "1", arch: "x86_64", outcome: "same" }],
    });
    const checked = await on("b", "verify");
    expect([checked.exit, checked.out]).toEqual([0, expect.stringContaining("our builders")]);
  });

  it("do not believe a key that this host does not pin", async () => {
    await carryOut();
    write("b", "mine", signed(stranger));
    const { exit, error } = await on("b", "import", at("b.kindling"));
    expect([exit, error]).toEqual([
      6,
      expect.stringMatching(/linux: no key that this host pins is here or in the bundle, want /),
    ]);
    expect(hashTree(at("b"))).not.toHaveProperty("assets/images/mine/1/x86_64/linux");
  });

  it("take what nothing proves with the bundle's SHA-256 only", async () => {
    const sha256 = await carryOut();
    rmSync(at("b/images/recipes/mine.yaml"));
    const refused = await on("b", "import", at("b.kindling"));
    expect([refused.exit, refused.error]).toEqual([6, expect.stringMatching(/say --sha256\n$/)]);
    const taken = await on("b", "import", at("b.kindling"), "--sha256", sha256);
    expect([taken.exit, taken.out]).toEqual([0, "mine@1 x86_64: is here now\n"]);
  });

  it.each([
    {
      name: "no such image",
      argv: ["export", "none", "-o", "x"],
      exit: 3,
      want: /no image none here/,
    },
    { name: "no file to write", argv: ["export", "mine"], exit: 2, want: /--output <file>/ },
    {
      name: "no file to read",
      argv: ["import", "/none"],
      exit: 2,
      want: /none cannot be read: ENOENT/,
    },
    {
      name: "a short hash",
      argv: ["import", "x", "--sha256", "ab"],
      exit: 2,
      want: /64 hexadecimal/,
    },
  ])("say what is wrong: $name", async ({ argv, exit, want }) => {
    const said = await on("a", ...argv);
    expect([said.exit, said.error]).toEqual([exit, expect.stringMatching(want)]);
  });
});

describe("kindling image import of what is no bundle", () => {
  const tree = { linux: "kernel", initrd: "initrd" };
  const sums = Object.entries(tree)
    .map(([name, text]) => `${sha256Of(text)}  ${name}\n`)
    .join("");

  it("takes a folder with a signed list, by the key that lies among this host's", async () => {
    writeFiles(at("stick"), { ...tree, SHA256SUMS: sums });
    const signature = await gpg.sign(Buffer.from(sums), { by: pinned });
    writeFiles(at("stick"), { "SHA256SUMS.gpg": signature });
    const wanted = ["import", at("stick"), "--as", "mine@2"];
    const refused = await on("b", ...wanted);
    expect([refused.exit, refused.error]).toEqual([
      6,
      expect.stringMatching(/no key of mine is here; put/),
    ]);
    writeFiles(at("b/images/keys"), { [`${pinned}.asc`]: await gpg.publish(pinned) });
    const { exit, out } = await on("b", ...wanted);
    expect([exit, out]).toEqual([0, "mine@2 x86_64: is here now\n"]);
    expect(images("b")).toMatchObject({ "mine/2/x86_64/linux": sha256Of("kernel") });
    expect(await on("b", "verify")).toMatchObject({ exit: 0 });
    writeFileSync(at("b/assets/images/mine/2/x86_64/proof/SHA256SUMS"), "changed");
    expect(await on("b", "verify")).toMatchObject({ exit: 6 });
  });

  it("takes files with a checksum for each", async () => {
    writeFiles(at("stick"), tree);
    const hashes = Object.values(tree).flatMap((text) => ["--sha256", sha256Of(text)]);
    const paths = Object.keys(tree).map((name) => at("stick", name));
    const { exit, out } = await on("b", "import", ...paths, "--as", "mine@3", ...hashes);
    expect([exit, out]).toEqual([0, "mine@3 x86_64: is here now\n"]);
    const few = await on("b", "import", ...paths, "--as", "mine@4", ...hashes.slice(2));
    expect([few.exit, few.error]).toEqual([2, expect.stringMatching(/got 1 for 2/)]);
  });

  const missing = hasProgram("xorriso") ? "" : " (skipped: there is no xorriso here)";
  it.skipIf(missing !== "")(`takes an ISO, whatever it is called${missing}`, async () => {
    const info = 'Ubuntu-Server 24.04.3 LTS "Noble Numbat" - Release amd64 (20250805.1)';
    writeFiles(at("tree"), { ".disk/info": info, "casper/vmlinuz": "k", "casper/initrd": "i" });
    makeIso("xorriso -as mkisofs -R", ["-o", at("some.img"), at("tree")]);
    const unchecked = await on("b", "import", at("some.img"));
    expect([unchecked.exit, unchecked.error]).toEqual([
      6,
      expect.stringMatching(/say --sha256 [0-9a-f]{64}/),
    ]);
    const sha256 = sha256Of(readFileSync(at("some.img")));
    const { exit, out } = await on("b", "import", at("some.img"), "--sha256", sha256);
    expect([exit, out]).toEqual([0, "ubuntu@24.04.3 x86_64: is here now\n"]);
    const checked = await on("b", "verify");
    expect([checked.exit, checked.out]).toEqual([0, expect.stringMatching(/the operator who/)]);
    const { out: told } = await on("b", "export", "ubuntu", "-o", at("u.kindling"));
    const bundle = /SHA-256 (\S+)/.exec(told)?.[1] ?? "";
    expect(await on("a", "import", at("u.kindling"))).toMatchObject({ exit: 6 });
    const carried = await on("a", "import", at("u.kindling"), "--sha256", bundle);
    expect([carried.exit, carried.error]).toEqual([
      0,
      expect.stringMatching(/the bundle's SHA-256/),
    ]);
    expect(images("a")).toEqual(images("b"));
    writeFileSync(at("b/assets/images/ubuntu/24.04.3/x86_64/initrd"), "I");
    expect(await on("b", "verify")).toMatchObject({ exit: 6 });
    const listed = await on("b", "ls");
    expect(listed.out).toMatch(/ubuntu .*24\.04\.3/);
  });
});
