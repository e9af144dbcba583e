import type { Cluster } from "./cluster.ts";
import type { MachineFile, MachineUnit } from "./ignition-document.ts";
import { podNetworkRuntime } from "./pod-network.ts";
import type { RegistryMirror } from "./surroundings.ts";
import { formatUnit } from "./unit-text.ts";

/** Registries that the documents of Kubernetes and CoreOS pull from. */
const registries = ["docker.io", "gcr.io", "quay.io", "registry.k8s.io"];
const hostsFolder = "/etc/containerd/certs.d";

/** What the kernel and containerd are told before pods run. */
export function runtimeFiles(
  sandboxImage: string,
  mirror: RegistryMirror | undefined,
  network: Pick<Cluster, "podNetwork">,
): readonly MachineFile[] {
  return [
    {
      path: "/etc/modules-load.d/kubernetes.conf",
      mode: 0o644,
      text: "br_netfilter\noverlay\nvxlan\n",
    },
    { path: "/etc/sysctl.d/90-kubernetes.conf", mode: 0o644, text: sysctl },
    {
      path: "/etc/containerd/config.toml",
      mode: 0o644,
      text: containerdConfig(sandboxImage) + podNetworkRuntime(network),
    },
    ...(mirror === undefined ? [] : mirrorFiles(mirror)),
  ];
}

/** Containerd of Flatcar reads another file, unless it is told. */
export const containerdUnit: MachineUnit = {
  name: "containerd.service",
  enabled: true,
  dropins: [
    {
      name: "10-kindling.conf",
      text: formatUnit({
        Service: { Environment: "CONTAINERD_CONFIG=/etc/containerd/config.toml" },
      }),
    },
  ],
};

/** Each registry by way of the LAN's mirror; without it the registry itself is asked. */
function mirrorFiles({ origin, ca }: RegistryMirror): readonly MachineFile[] {
  const own = "/etc/containerd/mirror-ca.crt";
  const certificate = ca === undefined ? [] : [{ path: own, mode: 0o644, text: ca }];
  const hosts = registries.map((registry) => {
    const server = registry === "docker.io" ? "registry-1.docker.io" : registry;
    const lines = [
      `server = "https://${server}"`,
      "",
      `[host."${origin}"]`,
      '  capabilities = ["pull", "resolve"]',
      ...(ca === undefined ? [] : [`  ca = "${own}"`]),
    ];
    const path = `${hostsFolder}/${registry}/hosts.toml`;
    return { path, mode: 0o644, text: `${lines.join("\n")}\n` };
  });
  return [...certificate, ...hosts];
}

const sysctl = `net.bridge.bridge-nf-call-ip6tables = 1
net.bridge.bridge-nf-call-iptables = 1
net.ipv4.ip_forward = 1
fs.inotify.max_user_watches = 16184
`;

// Containerd 2 reads its predecessor's format as well. Releases differ in the image of a pod's own process,
// so it is always said: a LAN has to have one image, not each release's.
const containerdConfig = (sandboxImage: string) => `version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${sandboxImage}"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = true

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "${hostsFolder}"
`;
