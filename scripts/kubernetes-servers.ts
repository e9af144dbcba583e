/** Builds Kubernetes' servers out of Debian's source: `node scripts/kubernetes-servers.ts --help`. */
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KindlingError } from "../src/errors.ts";
import { openKubernetesServers } from "../src/lab/kubernetes-servers.ts";
import { kubernetesSource } from "../src/lab/kubernetes-source.ts";
import { cacheFolder } from "../src/lab/package-cache.ts";

const { version, suite } = kubernetesSource;
const usage = `usage: node scripts/kubernetes-servers.ts [--out FOLDER]

Builds kubelet, kube-apiserver, kube-controller-manager, kube-scheduler and kube-proxy ${version} from the
source package of Debian ${suite}, which packs only kubectl. It takes some ten minutes on two cores and 3 GB
of disk while it lasts, wants Debian's packages golang-go and apt's sources, and no rights. The programs are
kept in the cache; the tests of Kubernetes are skipped without them. See docs/cluster.md.

  --out FOLDER   copies them there, with SHA256SUMS, as they lie in assets/k8s/${version}/x86_64
  --help         this text`;

try {
  process.exitCode = await main();
} catch (error) {
  const isOurs = error instanceof KindlingError || (error instanceof Error && "code" in error);
  if (!isOurs) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const options = { help: { type: "boolean" }, out: { type: "string" } } as const;
  const { help, out } = parseArgs({ options }).values;
  if (help) {
    console.log(usage);
    return 0;
  }
  const start = performance.now();
  const folder = await openKubernetesServers(cacheFolder(process.env), (sentence) => {
    const seconds = Math.round((performance.now() - start) / 1000);
    console.log(`${String(seconds).padStart(4)} s  ${sentence}`);
  });
  if (out === undefined) {
    console.log(folder);
    return 0;
  }
  await mkdir(out, { recursive: true });
  for (const name of await readdir(folder)) await copyFile(join(folder, name), join(out, name));
  console.log(`copied to ${out}; it lacks etcd and cni/, see docs/cluster.md`);
  return 0;
}
