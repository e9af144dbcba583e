import { KindlingError } from "../errors.ts";
import { decideApply, formatChange } from "../installer/apply.ts";
import { hasOwnEtcd } from "../installer/cluster.ts";
import { forgetNode, withArrival } from "../installer/cluster-record.ts";
import { formatKubeconfig } from "../installer/kubeconfig.ts";
import { authorityOf, certificateOf } from "../installer/secrets.ts";
import { apiUrl } from "../installer/service-addresses.ts";
import { applyCluster, meetDaemon, tellApplied } from "./cluster-apply.ts";
import { changeCatalog, folderCatalog } from "./cluster-catalog.ts";
import { etcdDesk, othersThan, replaceMember } from "./cluster-etcd.ts";
import { type HouseFlags, loadApplied, openClusterHouse, wantKubernetes } from "./cluster-house.ts";
import { type SiteFlags, surveySite } from "./cluster-site.ts";
import type { CliContext } from "./context.ts";

export type ReplaceFlags = HouseFlags &
  SiteFlags & { readonly yes: boolean; readonly output: "table" | "json" };
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
  const site = await surveySite(cluster, { ...kept.record.site, ...flags }, context);
  const surroundings = await meetDaemon(house, site);
  const desk = etcdDesk({ cluster, kept }, flags, context);
  const isMember = node.role === "controller" && hasOwnEtcd(cluster);
  const hasOthers = isMember && othersThan(desk, node).length > 0;
  // Before the machine's old keys are forgotten: its place in etcd is given away by those that are there.
  if (hasOthers) await replaceMember(desk, node);
  const forgotten = forgetNode(kept.record, nodeName);
  const record = hasOthers ? withArrival(forgotten, nodeName) : forgotten;
  await house.store.save(name, { ...kept, record });
  const catalog = folderCatalog(house.config.data.folder);
  const wish = { cluster, kept, record, surroundings, flags: { ...flags, yes: true } };
  tellApplied(await applyCluster(wish, { house, catalog, context }), wish, context);
  return 0;
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
  const there = await catalog.read(kept.record.applied);
  const changes = decideApply([], there, kept.record.applied);
  context.out.write(changes.map(formatChange).join(""));
  if (!flags.yes) {
    const message = `${changes.length} entries, and all keys of ${name}, would go: say --yes`;
    throw new KindlingError("cluster.unconfirmed", message);
  }
  await changeCatalog(catalog, changes);
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
  wantKubernetes(cluster);
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
