import type { Cluster, ClusterNode } from "./cluster.ts";
import type { ClusterSecrets } from "./secrets.ts";

/** A certificate that a machine was given, and until when it lets the machine in. */
export type HeldKey = {
  /** See `certificateKey`. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
};

/**
 * What a machine has of the cluster's certificates: its own, and the log-in that all machines share. Nothing
 * calls them back, since neither etcd nor Kubernetes asks for lists of those that do not count any more.
 */
export function keysHeldBy(
  { kubernetes }: Pick<Cluster, "kubernetes">,
  { name }: Pick<ClusterNode, "name">,
  { certificates }: Pick<ClusterSecrets, "certificates">,
  expiryOf: (cert: string) => number | undefined,
): readonly HeldKey[] {
  const shared = kubernetes === undefined ? [] : ["kube-proxy"];
  return [...certificates].flatMap(([key, { cert }]) => {
    const isHeld = key.endsWith(`@${name}`) || shared.includes(key);
    return isHeld ? [{ key, notAfter: expiryOf(cert) ?? 0 }] : [];
  });
}

/** In a line, for whoever decides what to do about the machine's disk. */
export function formatHeldKeys(keys: readonly HeldKey[]): string {
  const byDay = Object.groupBy(keys, ({ notAfter }) =>
    new Date(notAfter).toISOString().slice(0, 10),
  );
  return Object.entries(byDay)
    .map(([day, some = []]) => `${some.map(({ key }) => key).join(", ")} until ${day}`)
    .join("; ");
}
