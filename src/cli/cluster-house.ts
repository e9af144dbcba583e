import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import { KindlingError } from "../errors.ts";
import type { Cluster } from "../installer/cluster.ts";
import { parseCluster } from "../installer/cluster-document.ts";
import {
  type ClusterStore,
  type KeptCluster,
  openClusterStore,
} from "../installer/cluster-store.ts";
import { durableDisk } from "../runtime/durable-file.ts";
import { type AdminQuestion, askDaemon } from "./admin-client.ts";
import type { CliContext } from "./context.ts";
import { readConfig } from "./read-config.ts";

/** Flags of every verb that works with clusters which were applied. */
export type HouseFlags = { readonly config?: string; readonly socket?: string };

/** Where clusters are kept on this host, and the daemon that serves them. */
export type ClusterHouse = {
  readonly config: Config;
  readonly store: ClusterStore;
  readonly ask: (question: AdminQuestion) => Promise<unknown>;
};

export async function openClusterHouse(
  flags: HouseFlags,
  context: CliContext,
): Promise<ClusterHouse> {
  const config = await readConfig(flags, context);
  return {
    config,
    store: openClusterStore(join(config.state.folder, "clusters"), durableDisk),
    ask: (question) => askDaemon(flags, question, context),
  };
}

/** A cluster that was applied here, as it was then; `cluster.unknown` for any other name. */
export async function loadApplied(
  { store }: ClusterHouse,
  name: string,
): Promise<{ readonly kept: KeptCluster; readonly cluster: Cluster }> {
  const kept = await store.load(name);
  if (kept === undefined) {
    const names = await store.names();
    const known = names.length === 0 ? "none was applied here" : `there are ${names.join(", ")}`;
    throw new KindlingError("cluster.unknown", `there is no cluster ${name}: ${known}`);
  }
  const reading = parseCluster(kept.description, (path) => kept.files.get(path));
  if (reading.kind === "valid") return { kept, cluster: reading.cluster };
  const [first] = reading.problems;
  const message = `the kept description of ${name} is not read any more: ${first?.message}; apply it again`;
  throw new KindlingError("cluster.unknown", message);
}

/** Of what only a cluster with Kubernetes has; `cluster.unknown` for one of etcd alone. */
export function wantKubernetes({ name, kubernetes }: Cluster): void {
  if (kubernetes !== undefined) return;
  const cure = "name kubernetes.version in its description";
  throw new KindlingError("cluster.unknown", `${name} has no Kubernetes, etcd alone: ${cure}`);
}
