import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatBytes } from "../../src/cli/image-table.ts";
import { runLine } from "../support/cli.ts";
import { dockerSaveOf, layoutOf, tarOf, testImage, testIndex } from "../support/image-archive.ts";

let folder: string;
let config: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-oci-cli-"));
  config = join(folder, "kindling.yaml");
  await writeFile(config, `data: { folder: ${folder} }\noci: { keepFree: 0 }\n`);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const oci = (...words: string[]) => {
  const [verb = "", ...rest] = words;
  return runLine(["oci", verb, "--config", config, ...rest]);
};

async function archive(files: ReadonlyMap<string, Uint8Array | string>): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.tar`);
  await writeFile(path, tarOf(files));
  return path;
}

const image = testImage("hello");
const multi = testIndex([image, testImage("arm", { architecture: "arm64" })]);

it("imports, lists, forgets and frees", async () => {
  const files = await archive(layoutOf([["quay.io/org/name:1", image]]));
  const saved = await archive(dockerSaveOf(testImage("saved", { docker: true }), ["busybox:1"]));
  const imported = await oci("import", files, saved);
  expect(imported).toMatchObject({ exit: 0, error: "" });
  expect(imported.out).toMatch(
    /^quay\.io\/org\/name:1 +sha256:[0-9a-f]{64} +2\.5 KiB +linux\/amd64$/m,
  );
  const { out } = await oci("ls");
  expect(out).toMatch(/^IMAGE +DIGEST +SIZE +PLATFORMS +FROM$/m);
  expect(out).toMatch(/^docker\.io\/library\/busybox:1 +sha256:[0-9a-f]{12} .*import, today$/m);
  const { images } = JSON.parse((await oci("ls", "--json")).out);
  expect(images).toMatchObject([
    { image: "docker.io/library/busybox:1" },
    { digest: image.digest },
  ]);
  expect((await oci("rm", "quay.io/org/name:1")).exit).toBe(0);
  expect((await oci("gc")).out).toMatch(/^0 removed/);
  expect((await oci("gc", "--older-than", "0")).out).toMatch(
    /^3 removed, 2\.5 KiB freed, 3 kept$/m,
  );
});

it("says which platforms an archive lacks", async () => {
  const files = layoutOf([["quay.io/org/name:1", multi]]);
  for (const [digest] of multi.blobs) {
    if (!image.blobs.has(digest) && digest !== multi.digest)
      files.delete(`blobs/sha256/${digest.slice(7)}`);
  }
  const { out } = await oci("import", await archive(files));
  expect(out).toContain("1 of its 2 platforms are not in the archive: linux/arm64\n");
});

describe("exit codes", () => {
  it.each<[string, () => Promise<{ exit: number; error: string }>, number, RegExp]>([
    [
      "a wrong digest",
      async () => {
        const files = layoutOf([["quay.io/org/name:1", image]]);
        files.set(`blobs/sha256/${image.layer.slice(7)}`, "else");
        return oci("import", await archive(files));
      },
      6,
      /want sha256:/,
    ],
    ["no archive", () => oci("import", "/nowhere.tar"), 1, /cannot read/],
    [
      "no such image",
      () => oci("rm", "quay.io/org/none"),
      3,
      /there is no quay\.io\/org\/none:latest/,
    ],
    ["a bad name", () => oci("rm", "Quay.io/Org"), 2, /want an image like/],
    ["a bad --as", () => oci("import", "--as", "a b", "x.tar"), 2, /want an image like/],
    ["--as for two", () => oci("import", "--as", "a:1", "x.tar", "y.tar"), 2, /one archive/],
    ["a bad time", () => oci("gc", "--older-than", "soon"), 2, /want minutes/],
    ["no address to print", () => oci("hosts"), 2, /--url/],
    ["a bad url", () => oci("hosts", "--url", 'http://x"'), 2, /want http/],
    [
      "a bad registry",
      () => oci("hosts", "--url", "http://a:1", "--registry", "../x"),
      2,
      /want a host/,
    ],
  ])("%s", async (_, run, exit, words) => {
    const told = await run();
    expect(told.exit).toBe(exit);
    expect(told.error).toMatch(words);
  });
});

it("prints containerd's files, and where they go", async () => {
  const { out, error } = await oci("hosts", "--url", "http://10.0.0.1:8080");
  for (const registry of ["docker.io", "gcr.io", "ghcr.io", "quay.io", "registry.k8s.io"]) {
    expect(out).toContain(
      `# /etc/containerd/certs.d/${registry}/hosts.toml\nserver = "http://10.0.0.1:8080"\n`,
    );
  }
  expect(error).toContain("http://10.0.0.1:8080/oci/hosts/");
});

it("looks how far this host gets, by the settings' own places", async () => {
  await writeFile(
    config,
    "oci: { upstreams: [{ registry: quay.io, url: 'http://127.0.0.1:1' }] }\n",
  );
  const { exit, out } = await oci("egress");
  expect(exit).toBe(1);
  expect(out).toMatch(
    /^quay\.io +127\.0\.0\.1:1 +registry +no +127\.0\.0\.1, port 1 cannot be connected \(ECONNREFUSED\)/m,
  );
});

it.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [150 << 20, "150 MiB"],
  [2 ** 50, "1024 TiB"],
])("%i bytes are %s", (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});
