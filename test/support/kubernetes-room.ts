import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { kubernetesSource, serverPrograms } from "../../src/lab/kubernetes-source.ts";
import { labNet, labPaths } from "../../src/lab/lab-config.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";
import { type ClusterRoom, openClusterRoom } from "./cluster-room.ts";
import type { Outcome } from "./daemon.ts";
import { dockerSaveOf, sha256, tarEntry, tarOf, testImage } from "./image-archive.ts";

/** The daemon's own mirror of registries. */
export const mirror = `http://${labNet.server}:${labNet.httpPort}`;

/** An image that does nothing for ever, under two names: pods' own process, and what a test deploys. */
export const idleImages = { sandbox: "registry.k8s.io/pause:3.10", deployed: "quay.io/lab/idle:1" };

/** What a bundle and a description call it. */
export const kubernetesVersion = kubernetesSource.version;
const plugins = ["bridge", "host-local", "loopback", "portmap"];

export type KubernetesRoom = ClusterRoom & {
  /** Runs kubectl as the cluster's administrator. */
  kubectl(...words: readonly string[]): Promise<Outcome>;
};

/** A room whose library has Kubernetes' programs, and an image for pods in its mirror. */
export async function openKubernetesRoom(name: string, servers: string): Promise<KubernetesRoom> {
  await using opening = new AsyncDisposableStack();
  const room = opening.use(await openClusterRoom(name, { image: "kubernetes", diskMb: 6144 }));
  const { folder } = room.test.room;
  await layOutBundle(join(labPaths(folder).assets, "k8s", kubernetesVersion, "x86_64"), servers);
  const archive = join(folder, "idle.tar");
  await writeFile(archive, await packIdle());
  const done = await room.kindling("oci", "import", archive);
  if (done.exitCode !== 0) throw new Error(`oci import: ${done.stderr}`);
  const { program } = await openPeer(cacheFolder(process.env), "kubectl");
  const login = join(folder, "kubeconfig");
  const closing = opening.move();
  return {
    ...room,
    async kubectl(...words) {
      const { stdout } = await room.kindling("cluster", "kubeconfig", "demo");
      await writeFile(login, stdout);
      return await room.runByNames(program, `--kubeconfig=${login}`, ...words);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** As docs/cluster.md tells an operator to: single files, and their checksums beside them. */
async function layOutBundle(folder: string, servers: string): Promise<void> {
  const cache = cacheFolder(process.env);
  const { root: cni } = await openPeer(cache, "cni");
  const { program: etcd } = await openPeer(cache, "etcd");
  const files = new Map([
    ["etcd", etcd],
    ...serverPrograms.map((name) => [name, join(servers, name)] as const),
    ...plugins.map((name) => [`cni/${name}`, join(cni, "usr/lib/cni", name)] as const),
  ]);
  let sums = "";
  for (const [name, from] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await copyFile(from, join(folder, name));
    sums += `${sha256(await readFile(from)).replace("sha256:", "")}  ${name}\n`;
  }
  await writeFile(join(folder, "SHA256SUMS"), sums);
}

/** What `docker save` makes of an image with one program in it. */
async function packIdle(): Promise<Buffer> {
  const { program } = await openPeer(cacheFolder(process.env), "busybox");
  const entry = tarEntry("busybox", await readFile(program), { mode: 0o755 });
  const layer = Buffer.concat([entry, Buffer.alloc(1024)]);
  const image = testImage("", { docker: true, layer, command: ["/busybox", "sleep", "1000000"] });
  return tarOf(dockerSaveOf(image, Object.values(idleImages)));
}
