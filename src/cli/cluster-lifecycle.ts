import { KindlingError } from "../errors.ts";
import { decideApply, entryKey, formatChange } from "../installer/apply.ts";
import { type Cluster, hasOwnEtcd, nodesOf } from "../installer/cluster.ts";
import { forgetNode } from "../installer/cluster-record.ts";
import { changeMember, type EtcdAccess, listMembers } from "../installer/etcd-client.ts";
import { planReplacement } from "../installer/etcd-members.ts";
import { formatKubeconfig } from "../installer/kubeconfig.ts";
import { authorityOf, certificateOf } from "../installer/secrets.ts";
import { apiUrl } from "../installer/service-addresses.ts";
import { applyCluster, meetDaemon } from "./cluster-apply.ts";
import { folderCatalog } from "./cluster-catalog.ts";
import { type HouseFlags, loadApplied, openClusterHouse } from "./cluster-house.ts";
import { type SiteFlags, surveySite } from "./cluster-site.ts";
import type { CliContext } from "./context.ts";

export type ReplaceFlags = HouseFlags & SiteFlags & { readonly yes: boolean };
export type DestroyFlags = HouseFlags & { readonly yes: boolean };

/** `kindling cluster replace-node`: the machine is installed anew, with keys of its own that nobody had. */
export async function runReplace(
  [name, nodeName]: readonly [string, string],
  flags: ReplaceFlags,
  context: CliContext,
): Promise<number> {
  const house = await openClusterHouse(flags, context);
  const { cluster, kept } = await loadApplied(house, name);
  const node = cluster.nodes.find((one) => one.name === nodeName);
  if (node === undefined) {
    const names = cluster.nodes.map((one) => one.name).join(", ");
    throw new KindlingError(
      "cluster.unknown",
      `${name} has no machine ${nodeName}: it has ${names}`,
    );
  }
  if (!flags.yes) {
    const message = `${nodeName} would be installed anew, over what is on its disk: say --yes`;
    throw new KindlingError("cluster.unconfirmed", message);
  }
  const surroundings = await meetDaemon(house, await surveySite(cluster, flags, context));
  if (node.role === "controller" && hasOwnEtcd(cluster)) {
    const access = { secrets: kept.record.secrets, signal: context.signal };
    await replaceMember(cluster, nodeName, { access, context });
  }
  const record = forgetNode(kept.record, nodeName);
  await house.store.save(name, { ...kept, record });
  const catalog = folderCatalog(house.config.data.folder);
  return await applyCluster(
    { cluster, kept, surroundings, flags: { yes: true, output: "table" } },
    { house, catalog, context },
  );
}

// Before the machine's old keys are forgotten: its place in etcd is given away by those that are there.
async function replaceMember(
  cluster: Cluster,
  nodeName: string,
  { access, context }: { readonly access: EtcdAccess; readonly context: CliContext },
): Promise<void> {
  const controllers = nodesOf(cluster, "controller");
  const others = controllers.filter(({ name }) => name !== nodeName);
  const node = controllers.find(({ name }) => name === nodeName);
  if (node === undefined || others.length === 0) return;
  const { by, members } = await listMembers(others, access);
  for (const step of planReplacement(members, node)) {
    await changeMember(by, step, access);
    context.out.write(
      `etcd: ${step.kind === "add" ? `${nodeName} may come` : `${nodeName} is out`}\n`,
    );
  }
}

/** `kindling cluster destroy`: what the cluster has at this daemon goes; the machines are left as they are. */
export async function runDestroy(
  name: string,
  flags: DestroyFlags,
  context: CliContext,
): Promise<number> {
  const house = await openClusterHouse(flags, context);
  const { kept, cluster } = await loadApplied(house, name);
  const catalog = folderCatalog(house.config.data.folder);
  const there = new Map<string, string>();
  for (const entry of kept.record.applied) {
    const text = await catalog.read(entry);
    if (text !== undefined) there.set(entryKey(entry), text);
  }
  const changes = decideApply([], there, kept.record.applied);
  context.out.write(changes.map(formatChange).join(""));
  if (!flags.yes) {
    const message = `${changes.length} entries, and all keys of ${name}, would go: say --yes`;
    throw new KindlingError("cluster.unconfirmed", message);
  }
  for (const change of changes) await catalog.change(change);
  await house.ask({ method: "DELETE", path: `/v1/join/${name}` });
  await house.ask({ method: "DELETE", path: `/v1/records/${name}` });
  await house.store.remove(name);
  const left = `${cluster.nodes.length} machines and their reservations are left as they are`;
  context.out.write(`${name} is gone from here; ${left}\n`);
  return 0;
}

/** `kindling cluster kubeconfig`: the administrator's log-in. */
export async function runKubeconfig(
  name: string,
  flags: HouseFlags,
  context: CliContext,
): Promise<number> {
  const house = await openClusterHouse(flags, context);
  const { cluster, kept } = await loadApplied(house, name);
  if (cluster.kubernetes === undefined) {
    const cure = "name kubernetes.version in its description";
    throw new KindlingError("cluster.unknown", `${name} has no Kubernetes, etcd alone: ${cure}`);
  }
  const { secrets } = kept.record;
  const text = formatKubeconfig({
    cluster: name,
    server: apiUrl(cluster),
    authority: authorityOf(secrets, "cluster").cert,
    user: cluster.administrator.name,
    login: certificateOf(secrets, "admin"),
  });
  context.out.write(text);
  return 0;
}
