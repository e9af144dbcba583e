import { chmod, chown, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import type { Cluster, ClusterNode } from "../../src/installer/cluster.ts";
import type { ClusterPlan } from "../../src/installer/plan.ts";
import { findKubernetesServers } from "../../src/lab/kubernetes-servers.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer, type Peer } from "../../src/lab/peer-packages.ts";
import { onHost, type VirtualLan } from "../../src/lab/virtual-lan.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";

/** Programs of a real control plane: Kubernetes 1.20.2, and Debian's etcd. */
export type ControlPlanePrograms = { readonly kubernetes: string; readonly etcd: Peer };

/** Where what they say is found afterwards. */
const out = join(import.meta.dirname, "../../out");

/** What is started here, and ended here. */
type Child = PromiseLike<unknown> & { kill(signal: "SIGTERM"): boolean };

/** The programs in the cache, or why they are not there. */
export async function findControlPlane(): Promise<ControlPlanePrograms | { readonly why: string }> {
  const cache = cacheFolder(process.env);
  const kubernetes = await findKubernetesServers(cache);
  if (kubernetes === undefined)
    return { why: "nobody built them: run scripts/kubernetes-servers.ts" };
  try {
    return { kubernetes, etcd: await openPeer(cache, "etcd") };
  } catch (error) {
    return { why: String(error) };
  }
}

/** The accounts of a controller, by the numbers that they have here. */
const accounts: Readonly<Record<string, number>> = { root: 0, etcd: 970, kube: 971 };

/** A machine whose services run as its units say, in a network and below an /etc of its own. */
export class PlayedMachine implements AsyncDisposable {
  readonly #node: ClusterNode;
  readonly #programs: ControlPlanePrograms;
  readonly #folder: string;
  readonly #units: ReadonlyMap<string, string>;
  readonly #running: Child[] = [];

  private constructor(what: {
    readonly node: ClusterNode;
    readonly programs: ControlPlanePrograms;
    readonly folder: string;
    readonly units: ReadonlyMap<string, string>;
  }) {
    this.#node = what.node;
    this.#programs = what.programs;
    this.#folder = what.folder;
    this.#units = what.units;
  }

  /** Puts a machine on the LAN with the files of its Ignition and of its bundle; nothing runs yet. */
  static async open(
    lan: VirtualLan,
    programs: ControlPlanePrograms,
    what: { readonly cluster: Cluster; readonly node: ClusterNode; readonly plan: ClusterPlan },
  ): Promise<PlayedMachine> {
    const { cluster, node, plan } = what;
    const folder = await mkdtemp(join(tmpdir(), "kindling-machine-"));
    // Whoever serves is another account than the one that made this.
    await chmod(folder, 0o755);
    await mkdir(out, { recursive: true });
    await lan.addHost(node.name, `${formatIpv4(node.address)}/24`);
    const ignition = JSON.parse(plan.ignition.get(`${cluster.name}-${node.name}.ign`) ?? "{}");
    for (const { path, mode, contents } of ignition.storage.files) {
      if (!contents.source.startsWith("data:,")) continue;
      await plant(folder, { path, mode, text: decodeURIComponent(contents.source.slice(6)) });
    }
    for (const file of plan.bundles.get(node.name) ?? []) {
      if ("text" in file) await plant(folder, file);
    }
    const passwd = Object.entries(accounts).map(([name, id]) => `${name}:x:${id}:${id}::/:\n`);
    await plant(folder, { path: "/etc/passwd", mode: 0o644, text: passwd.join("") });
    await mkdir(join(folder, "var/lib"), { recursive: true });
    for (const name of ["etcd", "kube"]) {
      const state = join(folder, "var/lib", name);
      await mkdir(state, { mode: 0o700 });
      await chown(state, accounts[name] ?? 0, accounts[name] ?? 0);
    }
    // Debian's awk is a link that leads through /etc.
    const links = join(folder, "etc/alternatives");
    await cp("/etc/alternatives", links, { recursive: true, verbatimSymlinks: true });
    const [first] = cluster.nodes;
    const hosts = `${formatIpv4(first?.address ?? node.address)} ${cluster.apiName}\n`;
    await plant(folder, { path: "/etc/hosts", mode: 0o644, text: hosts });
    const units: readonly { name: string; contents?: string }[] = ignition.systemd.units;
    const texts = units.map(({ name, contents = "" }) => [name, contents] as const);
    return new PlayedMachine({ node, programs, folder, units: new Map(texts) });
  }

  /** Runs a unit's command as its account. */
  start(service: "etcd" | "kube-apiserver" | "kube-controller-manager"): void {
    const unit = this.#units.get(`${service}.service`) ?? "";
    const value = (key: string) => new RegExp(`^${key}=((?:.*\\\\\n)*.*)$`, "m").exec(unit)?.[1];
    const words = (value("ExecStart") ?? "").replace(/\\\n\s*/g, "").split(/\s+/);
    const account = accounts[value("User") ?? "root"];
    const program =
      service === "etcd" ? this.#programs.etcd.program : join(this.#programs.kubernetes, service);
    const argv = [program, ...words.slice(1)].map((word) => `'${word}'`).join(" ");
    const caps = value("AmbientCapabilities") === undefined ? "" : "+net_bind_service";
    const rise = caps && `--inh-caps=${caps} --ambient-caps=${caps}`;
    const as = `setpriv --reuid=${account} --regid=${account} --clear-groups ${rise}`;
    const env = value("EnvironmentFile");
    const source = env === undefined ? "" : `set -a && . ${env} && `;
    const log = join(out, `kubernetes-api.${this.#node.name}.${service}.log`);
    this.#running.push(this.run(`${source}exec ${as} ${argv} >${log} 2>&1`));
  }

  /** Puts one more file onto the machine. */
  async plant(path: string, text: string): Promise<void> {
    await plant(this.#folder, { path, mode: 0o600, text });
  }

  /** Runs a shell on the machine, where its own folders are in place of this host's. */
  run(script: string) {
    const mounts = ["etc", "var/lib"].map((path) => {
      return `mount --bind ${join(this.#folder, path)} /${path}`;
    });
    const shell = [...mounts, script].join(" && ");
    const argv = onHost(this.#node.name, ["unshare", "--mount", "sh", "-c", shell]);
    const [command = "", ...rest] = argv;
    return execa(command, rest, { reject: false, all: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running.toReversed()) child.kill("SIGTERM");
    await Promise.all(this.#running);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function plant(
  folder: string,
  file: { readonly path: string; readonly mode: number; readonly owner?: string; text: string },
): Promise<void> {
  const path = join(folder, file.path);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, file.text, { mode: file.mode });
  const id = accounts[file.owner ?? "root"] ?? 0;
  await chown(path, id, id);
}
