import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer, type Peer } from "../../src/lab/peer-packages.ts";
import { isInSandbox } from "../../src/lab/sandbox.ts";
import type { Daemon, LogLine } from "../support/daemon.ts";
import { type DaemonSite, openDaemonSite } from "../support/daemon-site.ts";
import {
  dockerSaveOf,
  layoutOf,
  sha256,
  tarOf,
  testImage,
  testIndex,
} from "../support/image-archive.ts";

const mirror = "10.77.0.1:8080";
const image = testImage("hello");
const arm = testImage("hello, arm", { architecture: "arm64" });
const docker = testImage("hello", { docker: true });
const multi = testIndex([image, arm]);
const bytes = Buffer.alloc(12 << 20, "kindling");
const big = testImage("big", { layer: tarOf(new Map([["big", bytes]])) });

const archives = {
  "oci.tar": layoutOf([
    ["quay.io/kindling/test:1", image],
    ["gcr.io/kindling/multi:1", multi],
    ["quay.io/kindling/schema2:1", docker],
    ["registry.k8s.io/big:1", big],
  ]),
  "saved.tar": dockerSaveOf(docker, ["busybox:1.36"]),
};

describe.runIf(isInSandbox(process.env))("images in a LAN without a way out", () => {
  let site: DaemonSite;
  let daemon: Daemon;
  let skopeo: Peer;

  beforeAll(async () => {
    site = await openDaemonSite();
    skopeo = await openPeer(cacheFolder(process.env), "skopeo");
    await site.run("client", "ip", "addr", "add", "10.77.0.99/24", "dev", "eth0");
    for (const [name, files] of Object.entries(archives)) {
      await writeFile(join(site.folder, name), tarOf(files));
      const done = await site.kindling("oci", "import", join(site.folder, name));
      expect(done).toMatchObject({ exitCode: 0, stderr: "" });
    }
    daemon = await site.serve();
  });
  afterAll(() => site[Symbol.asyncDispose]());

  const onClient = (peer: Peer, program: string, ...words: string[]) => {
    const env = Object.entries(peer.env).map(([name, value]) => `${name}=${value}`);
    return site.run("client", "env", ...env, program, ...words);
  };
  const copy = (from: string, to: string, words: readonly string[] = [], at = mirror) => {
    const quiet = ["--insecure-policy", "copy", "-q", "--src-tls-verify=false", ...words];
    return onClient(skopeo, skopeo.program, ...quiet, `docker://${at}/${from}`, `dir:${to}`);
  };
  const manifestIn = async (folder: string) =>
    sha256(await readFile(join(folder, "manifest.json")));

  it.each([
    ["OCI's", "quay.io/kindling/test:1", image.digest],
    ["OCI's by digest", `quay.io/kindling/test@${image.digest}`, image.digest],
    ["Docker's schema 2", "quay.io/kindling/schema2:1", docker.digest],
    ["one of Docker Hub", "library/busybox:1.36", undefined],
    ["a large one", "registry.k8s.io/big:1", big.digest],
  ])("skopeo copies an image: %s", async (kind, from, digest) => {
    const to = join(site.folder, kind.replaceAll(" ", "-"));
    const done = await copy(from, to);
    expect(done).toMatchObject({ exitCode: 0, stderr: "" });
    if (digest !== undefined) expect(await manifestIn(to)).toBe(digest);
  });

  it("skopeo copies every platform, and picks its own", async () => {
    const all = join(site.folder, "all");
    expect(await copy("gcr.io/kindling/multi:1", all, ["--all"])).toMatchObject({ exitCode: 0 });
    expect(await manifestIn(all)).toBe(multi.digest);
    const other = ["--override-arch", "arm64"];
    const inspected = await onClient(
      ...[skopeo, skopeo.program, ...other, "inspect", "--tls-verify=false"],
      `docker://${mirror}/gcr.io/kindling/multi:1`,
    );
    expect(JSON.parse(inspected.stdout)).toMatchObject({ Architecture: "arm64", RepoTags: ["1"] });
  });

  it("skopeo copies what the mirror gave into an archive that another mirror takes", async () => {
    const to = join(site.folder, "copied.tar");
    const words = ["--insecure-policy", "copy", "-q", "--src-tls-verify=false"];
    const from = `docker://${mirror}/quay.io/kindling/test:1`;
    for (const kind of ["oci-archive", "docker-archive"]) {
      await site.run("client", "rm", "-f", to);
      const made = await onClient(
        ...[skopeo, skopeo.program, ...words, from, `${kind}:${to}:quay.io/kindling/${kind}:2`],
      );
      expect(made).toMatchObject({ exitCode: 0, stderr: "" });
      const taken = await site.kindling("oci", "import", to);
      expect(taken).toMatchObject({ exitCode: 0 });
      expect(taken.stdout).toContain(`quay.io/kindling/${kind}:2`);
    }
  });

  it("a second Kindling fetches from the first what it lacks, once", async () => {
    const folder = join(site.folder, "edge");
    const upstreams = [{ registry: "registry.k8s.io", url: "http://10.77.0.1:8080" }];
    const off = ["--dhcp-mode", "off", "--tftp-enabled", "false", "--dns-enabled", "false"];
    await site.serve({
      host: "client",
      args: ["--interface", "eth0", ...off],
      environment: {
        KINDLING_DATA_FOLDER: folder,
        KINDLING_STATE_FOLDER: folder,
        KINDLING_ADMIN_SOCKET: join(folder, "admin.sock"),
        KINDLING_OCI_UPSTREAMS: JSON.stringify(upstreams),
        KINDLING_OCI_KEEP_FREE: "0",
      },
    });
    const layers = () => {
      const isLayer = (line: LogLine) => String(line["path"]).endsWith(big.layer);
      return daemon.lines.filter((line) => line.msg === "http request" && isLayer(line)).length;
    };
    const before = layers();
    for (const round of ["1", "2"]) {
      const to = join(site.folder, `edge-${round}`);
      const done = await copy("registry.k8s.io/big:1", to, [], "10.77.0.99:8080");
      expect(done).toMatchObject({ exitCode: 0, stderr: "" });
      expect(await manifestIn(to)).toBe(big.digest);
    }
    expect(layers() - before).toBe(1);
  });

  it("skopeo is refused what it must not do, in words", async () => {
    const none = await copy("quay.io/kindling/none:1", join(site.folder, "none"));
    expect(none.exitCode).toBe(1);
    expect(none.stderr).toMatch(/manifest unknown|is not in this mirror/);
    const push = await onClient(
      ...[skopeo, skopeo.program, "--insecure-policy", "copy", "-q", "--dest-tls-verify=false"],
      ...[`dir:${join(site.folder, "OCI's")}`, `docker://${mirror}/quay.io/kindling/pushed:1`],
    );
    expect(push.exitCode).toBe(1);
    const missing = await daemon.logged("image missing");
    expect(missing).toMatchObject({ asker: "10.77.0.99", repository: "kindling/none", tag: "1" });
    const { findings } = (await site.admin("/v1/findings")) as { findings: { code: string }[] };
    expect(findings).toContainEqual(
      expect.objectContaining({
        code: "oci.image-missing",
        cure: "kindling oci import ARCHIVE --as quay.io/kindling/none:1",
      }),
    );
  });

  it("containerd pulls by the names of other registries", async () => {
    const peer = await openPeer(cacheFolder(process.env), "containerd");
    const folder = join(site.folder, "containerd");
    const socket = join(folder, "containerd.sock");
    await mkdir(folder, { recursive: true });
    const config = join(folder, "config.toml");
    await writeFile(config, containerdConfig(folder, socket));
    const hosts = join(folder, "certs.d");
    for (const registry of ["quay.io", "docker.io", "_default"]) {
      await mkdir(join(hosts, registry), { recursive: true });
      const text = await site.get(`/oci/hosts/${registry}/hosts.toml`);
      await writeFile(join(hosts, registry, "hosts.toml"), `${text}\n`);
    }
    const env = Object.entries(peer.env).map(([name, value]) => `${name}=${value}`);
    const start = ["env", ...env, peer.program, "--config", config];
    await site.keep("client", start, /containerd successfully booted/);
    const ctr = (...words: string[]) =>
      onClient(peer, join(peer.root, "usr/bin/ctr"), "--address", socket, "images", ...words);
    for (const [name, digest] of [
      ["quay.io/kindling/test:1", image.digest],
      ["quay.io/kindling/schema2:1", docker.digest],
      ["docker.io/library/busybox:1.36", undefined],
      ["gcr.io/kindling/multi:1", multi.digest],
      ["registry.k8s.io/big:1", big.digest],
    ] as const) {
      const pulled = await ctr("pull", "--hosts-dir", hosts, "--snapshotter", "native", name);
      expect(pulled).toMatchObject({ exitCode: 0, stderr: "" });
      const listed = await ctr("ls", `name==${name}`);
      expect(listed.stdout).toContain(digest ?? "sha256:");
    }
    const none = await ctr("pull", "--hosts-dir", hosts, "quay.io/kindling/none:2");
    expect(none.stderr).toMatch(/quay\.io\/kindling\/none:2: not found/);
  });
});

// No CRI and no overlay: pulling needs neither them nor control groups.
function containerdConfig(folder: string, socket: string): string {
  return `version = 2
root = "${folder}/root"
state = "${folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = "${socket}"
`;
}
