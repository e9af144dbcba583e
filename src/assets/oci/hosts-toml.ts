import { dockerHub } from "./reference.ts";

/** The registries that a cluster's images come from, whether or not the store has some of theirs. */
export const usualRegistries: readonly string[] = [
  dockerHub,
  "gcr.io",
  "ghcr.io",
  "quay.io",
  "registry.k8s.io",
];

/** containerd reads this folder's file for every registry that has none of its own. */
export const everyRegistry = "_default";

export type HostsWish = {
  /** `quay.io`, or `everyRegistry`. */
  readonly registry: string;
  /** Where machines reach the mirror: `http://10.0.0.1:8080`. */
  readonly mirror: string;
  /** Who is asked for what the mirror has not. */
  readonly fallback: "none" | "upstream";
};

/** containerd's folder for one registry. */
export function hostsPath(registry: string): string {
  return `/etc/containerd/certs.d/${registry}/hosts.toml`;
}

/**
 * containerd's hosts.toml. Without `server` it would ask the registry itself after the mirror: in a LAN
 * without a way out that hides the mirror's answer behind a name that cannot be looked up.
 */
export function renderHostsToml({ registry, mirror, fallback }: HostsWish): string {
  const head = `# ${hostsPath(registry)}\n`;
  // containerd 1.6 refuses a file without a [host] table, so the mirror stands in one even where it is all.
  const host = `[host."${mirror}"]\n  capabilities = ["pull", "resolve"]\n`;
  if (fallback === "none") return `${head}server = "${mirror}"\n\n${host}`;
  const server = registry === everyRegistry ? "" : `server = "${registryOrigin(registry)}"\n\n`;
  return `${head}${server}${host}`;
}

/** Where a registry answers: Docker Hub's API is not at its name. */
export function registryOrigin(registry: string): string {
  return `https://${registry === dockerHub ? "registry-1.docker.io" : registry}`;
}
