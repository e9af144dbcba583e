import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runLine } from "../support/cli.ts";
import { sha256 } from "../support/image-site.ts";
import { openUpstream, type Upstream } from "../support/image-upstream.ts";

let upstream: Upstream;
let root = "";
beforeAll(async () => {
  upstream = await openUpstream();
});
afterAll(() => upstream[Symbol.asyncDispose]());
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kindling-image-cli-"));
  mkdirSync(join(root, "images/recipes"), { recursive: true });
  writeFileSync(join(root, "ca.pem"), upstream.ca);
  const images = { caFile: join(root, "ca.pem"), silence: 1 };
  writeFileSync(join(root, "kindling.yaml"), JSON.stringify({ data: { folder: root }, images }));
  upstream.files.clear();
  release("1");
});
afterEach(() => rmSync(root, { recursive: true }));

/** The recipe `mine` at this version, and its files. */
function release(version: string): void {
  const kernel = Buffer.from(`kernel ${version}`);
  upstream.files.set(`${version}/linux`, kernel);
  upstream.files.set(`${version}/initrd`, Buffer.from("initrd"));
  const recipe = {
    ...{ name: "mine", title: "Mine", upstream: "custom", version, channels: ["local"] },
    ...{ mirrors: [upstream.origin], architectures: { x86_64: "amd64" } },
    files: [
      { role: "kernel", from: "{version}/linux", file: "linux", sha256: sha256(kernel) },
      { role: "initrd", from: "{version}/initrd", file: "initrd", sha256: sha256("initrd") },
    ],
    boot: {
      args: ["initrd=main", "base={base}"],
      ...{ required: ["initrd=main", "base"], ramMib: 512, secureBoot: "unsigned" },
    },
  };
  writeFileSync(join(root, "images/recipes/mine.yaml"), JSON.stringify(recipe));
}

const image = (...argv: readonly string[]) =>
  runLine(["image", ...argv, "--config", join(root, "kindling.yaml")]);
const use = (...argv: readonly string[]) =>
  image("use", ...argv, "--origin", "http://10.0.0.1:8080");
const profile = (name = "mine") =>
  JSON.parse(readFileSync(join(root, `profiles/${name}.json`), "utf8"));
const lines = (text: string) => text.trimEnd().split("\n");

describe("kindling image pull", () => {
  it("tells each file, who vouched, and how it is booted", async () => {
    const { exit, out, error } = await image("pull", "mine");
    expect([exit, out]).toEqual([
      0,
      "mine@1 x86_64 is here: 2 files, 14 B; kindling image use mine@1 boots it\n",
    ]);
    expect(lines(error)).toEqual([
      "mine: reading its index",
      "mine@1: 2 files",
      "linux: 8 B, listed in the recipe",
      "initrd: 6 B, listed in the recipe",
    ]);
    expect((await image("pull", "mine")).out).toContain("mine@1 x86_64 is here already");
  });

  it("ends with 6 for what nobody vouches for", async () => {
    upstream.files.set("1/linux", Buffer.from("kernel 2"));
    const { exit, error } = await image("pull", "mine");
    expect(exit).toBe(6);
    expect(error).toMatch(/linux of https.*has SHA-256/);
    expect(error).toContain("machines were shown none of it");
    expect((await image("ls", "-o", "json")).out).toBe(`{\n  "images": [],\n  "broken": []\n}\n`);
  });

  it.each([
    { argv: ["pull", "none"], exit: 3, words: /no recipe none; there are almalinux/ },
    { argv: ["pull", "mine@9"], exit: 3, words: /the recipe is of 1, got 9/ },
    { argv: ["pull", "../x"], exit: 2, words: /want an image such as/ },
    { argv: ["pull", "mine", "--with", "wings"], exit: 2, words: /--with: want one of kernel/ },
    { argv: ["pull", "mine", "--arch", "arm64"], exit: 3, words: /made for x86_64/ },
    { argv: ["use", "mine"], exit: 3, words: /no image mine here/ },
    { argv: ["rm", "mine"], exit: 3, words: /no image mine here/ },
    { argv: ["verify", "mine"], exit: 3, words: /no image mine here/ },
    { argv: ["pin", "mine"], exit: 3, words: /no image mine here/ },
  ])("$argv ends with $exit", async ({ argv, exit, words }) => {
    const ended = await image(...argv);
    expect(ended.exit).toBe(exit);
    expect(ended.error).toMatch(words);
  });
});

describe("kindling image ls and available", () => {
  it("show what is here and what there is", async () => {
    await image("pull", "mine");
    await use("mine");
    await image("pin", "mine");
    const [head, row] = lines((await image("ls")).out);
    expect(head).toMatch(/^NAME +VERSION +ARCH +SIZE +PULLED +PINNED +BOOTED BY +VOUCHED BY$/);
    expect(row).toMatch(/^mine +1 +x86_64 +14 B +\S+ +yes +mine +listed in the recipe$/);
    release("2");
    const available = await image("available", "mine");
    expect(available.exit).toBe(0);
    expect(lines(available.out)[1]).toMatch(/^mine +local +x86_64 +2 +1$/);
  });

  it("tell what an upstream answered that has nothing", async () => {
    const recipe = join(root, "images/recipes/mine.yaml");
    const text = readFileSync(recipe, "utf8").replace('"custom"', '"talos"');
    writeFileSync(recipe, text.replace(/"version":"1",/, `"index":"${upstream.origin}/latest",`));
    const { exit, out } = await image("available", "mine");
    expect(exit).toBe(1);
    expect(out).toMatch(/mine +local +x86_64 +\? +- +nobody gives latest: .*answered 404/);
  });
});

describe("kindling image use", () => {
  it("writes a profile, and the next time tells what changes and keeps what is the operator's", async () => {
    await image("pull", "mine");
    const first = await use("mine", "--group", "all", "--select", "role=worker");
    expect(first.out).toBe("profile mine boots mine@1 x86_64\ngroup all has profile mine\n");
    const folder = "/assets/images/mine/1/x86_64";
    expect(profile()).toEqual({
      ...{ id: "mine", name: "Mine 1 x86_64" },
      boot: {
        kernel: `${folder}/linux`,
        initrd: [`--name main ${folder}/initrd`],
        args: ["initrd=main", `base=http://10.0.0.1:8080${folder}`],
      },
    });
    const group = JSON.parse(readFileSync(join(root, "groups/all.json"), "utf8"));
    expect(group).toEqual({ id: "all", profile: "mine", selector: { role: "worker" } });

    const edited = { ...profile(), ignition_id: "worker.ign", metadata: { a: 1 } };
    edited.boot.args.push("console=ttyS0");
    writeFileSync(join(root, "profiles/mine.json"), JSON.stringify(edited));
    release("2");
    await image("pull", "mine");
    expect(profile().boot.kernel).toBe(`${folder}/linux`); // a pull moves no machine
    const dry = await use("mine@2", "--dry-run");
    expect(dry.out).toMatch(/^profile mine would boot mine@2/);
    expect(profile().boot.kernel).toBe(`${folder}/linux`);
    const second = await use("mine");
    const next = "/assets/images/mine/2/x86_64";
    expect(lines(second.out)).toEqual([
      "profile mine boots mine@2 x86_64:",
      `  - kernel ${folder}/linux`,
      `  - initrd --name main ${folder}/initrd`,
      `  - arg base=http://10.0.0.1:8080${folder}`,
      `  + kernel ${next}/linux`,
      `  + initrd --name main ${next}/initrd`,
      `  + arg base=http://10.0.0.1:8080${next}`,
      "  kept, as it is yours: console=ttyS0",
    ]);
    expect(profile()).toMatchObject({ ignition_id: "worker.ign", metadata: { a: 1 } });
    expect(profile().boot.args.at(-1)).toBe("console=ttyS0");
    expect((await use("mine")).out).toContain("nothing changes");
    const back = await use("mine@1");
    expect(back.out).toContain(`+ kernel ${folder}/linux`);
  });

  it("leaves a YAML profile alone, and a broken one", async () => {
    await image("pull", "mine");
    mkdirSync(join(root, "profiles"));
    writeFileSync(join(root, "profiles/mine.yaml"), "id: mine\n");
    expect(await use("mine")).toMatchObject({ exit: 4 });
    writeFileSync(join(root, "profiles/other.json"), "{");
    expect(await use("mine", "--profile", "other")).toMatchObject({ exit: 1 });
    expect(readFileSync(join(root, "profiles/other.json"), "utf8")).toBe("{");
  });

  it("wants to know where machines reach this host", async () => {
    await image("pull", "mine");
    expect(await image("use", "mine")).toMatchObject({ exit: 2 });
  });
});

describe("kindling image pin, gc and rm", () => {
  it("keep what is new, pinned or booted", async () => {
    for (const version of ["1", "2", "3", "4"]) {
      release(version);
      await image("pull", "mine");
    }
    await use("mine@1");
    await image("pin", "mine@2");
    const refused = await image("rm", "mine@1");
    expect(refused).toMatchObject({ exit: 4 });
    expect(refused.error).toContain("profile mine boots mine@1 x86_64");
    expect(await image("rm", "mine@2")).toMatchObject({ exit: 4 });
    expect(await image("rm", "mine")).toMatchObject({ exit: 2 });
    const dry = await image("gc", "--keep", "1", "--dry-run");
    expect(lines(dry.out)).toEqual([
      "mine@4 x86_64  keep    newest",
      "mine@3 x86_64  remove  1 newer",
      "mine@2 x86_64  keep    pinned",
      "mine@1 x86_64  keep    profile mine boots it",
      "1 images would go, 14 B",
    ]);
    expect(existsSync(join(root, "assets/images/mine/3"))).toBe(true);
    expect((await image("gc", "--keep", "1")).out).toContain("1 images are gone");
    expect(existsSync(join(root, "assets/images/mine/3"))).toBe(false);
    const left = ["quarantine/old", "partial/mine/9/x86_64"].map((name) =>
      join(root, "images", name),
    );
    for (const folder of [...left, join(root, "images/partial/mine/8/x86_64")]) {
      mkdirSync(folder, { recursive: true });
    }
    const longAgo = new Date(Date.now() - 8 * 86_400_000);
    for (const folder of left) utimesSync(folder, longAgo, longAgo);
    await image("gc");
    expect(left.map((folder) => existsSync(folder))).toEqual([false, false]);
    expect(existsSync(join(root, "images/partial/mine/8/x86_64"))).toBe(true);
    await image("pin", "mine@2", "--remove");
    expect((await image("rm", "mine@2")).out).toBe("mine@2 x86_64 is gone, 14 B\n");
  });
});

describe("kindling image verify", () => {
  it("hashes everything again and ends with 6 where something is wrong", async () => {
    await image("pull", "mine");
    const good = await image("verify");
    expect([good.exit, lines(good.out)]).toEqual([
      0,
      [
        "mine@1 x86_64",
        "  linux   good  listed in the recipe",
        "  initrd  good  listed in the recipe",
      ],
    ]);
    writeFileSync(join(root, "assets/images/mine/1/x86_64/linux"), "kernel 9");
    const bad = await image("verify", "mine");
    expect(bad.exit).toBe(6);
    expect(bad.out).toMatch(/linux +bad +has SHA-256/);
    rmSync(join(root, "images/recipes/mine.yaml"));
    expect((await image("verify")).out).toMatch(/recipe +bad +there is no recipe mine/);
    rmSync(join(root, "assets/images/mine/1/x86_64/manifest.json"));
    expect(await image("verify")).toMatchObject({ exit: 6 });
  });
});

describe("kindling image check", () => {
  it("tells what would fail before a machine does", async () => {
    await image("pull", "mine");
    const server = createServer((request, response) => {
      response.writeHead(request.url?.endsWith("initrd") ? 404 : 200).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    await image("use", "mine", "--origin", origin);
    const asked = await image("check", "--origin", origin, "--ram", "256", "--secure-boot", "on");
    expect(asked.exit).toBe(1);
    expect(lines(asked.out).filter((line) => !line.includes("cure:"))).toEqual([
      "profile mine boots mine@1 x86_64: would fail",
      "  error: Mine wants 512 MiB of memory, the machine has 256",
      "  error: Mine cannot boot with Secure Boot on: its kernel is not signed",
      `  error: ${origin}/assets/images/mine/1/x86_64/initrd answers 404, want 200`,
    ]);
    await new Promise((resolve) => server.close(resolve));
    const nobody = await image("check", "mine", "--origin", origin);
    expect(nobody.out).toContain(`error: nobody answers at ${origin}`);
    const offline = await image(
      "check",
      "mine",
      "--offline",
      "--ram",
      "512",
      "--secure-boot",
      "off",
    );
    expect([offline.exit, offline.out]).toEqual([0, "profile mine boots mine@1 x86_64: ok\n"]);
    expect(await image("check", "none")).toMatchObject({ exit: 3 });
  });

  it("is told by kindling explain too", async () => {
    await image("pull", "mine");
    await use("mine", "--group", "all");
    const argv = ["explain", "--config", join(root, "kindling.yaml"), "--label", "memsize=256"];
    const { out } = await runLine(argv);
    expect(out).toContain("image\n  mine@1 x86_64\n  error: Mine wants 512 MiB of memory");
  });
});
