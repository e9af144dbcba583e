import { formatSubnet } from "../wire/subnet.ts";
import type { Cluster } from "./cluster.ts";
import type { MachineFile, MachineUnit } from "./ignition-document.ts";
import { podRoutesAwk, podRoutesScript } from "./pod-routes-script.ts";
import { apiUrl } from "./service-addresses.ts";
import { formatEnvironment, formatUnit } from "./unit-text.ts";

/**
 * The network of pods without any image: a bridge on each machine, and on every other machine a route to it.
 *
 *     pod ── cni0 ── machine ══ route "10.2.1.0/24 via 10.77.0.21" ══ machine ── cni0 ── pod
 *
 * Containerd writes the bridge's configuration when the kubelet tells it the machine's part of `podCidr`; the
 * routes are kept by a script that asks the API. From pod to pod addresses stay what they are. What leaves the
 * pods' network takes the machine's address, so that the LAN needs no route back and firewalls know the machine.
 */
const template = "/etc/kindling/pod-network.conflist";
const rules = "/etc/kindling/pod-network.nft";
const environment = "/etc/kindling/pod-routes.env";
const script = "/etc/kindling/pod-routes.sh";

type Wish = Pick<Cluster, "podNetwork" | "podCidr" | "apiName" | "apiPort">;

/** Lines of containerd's configuration. */
export function podNetworkRuntime({ podNetwork }: Pick<Cluster, "podNetwork">): string {
  if (podNetwork !== "routes") return "";
  return `
[plugins."io.containerd.grpc.v1.cri".cni]
  conf_template = "${template}"
`;
}

/** Files of a machine, of any role. */
export function podNetworkFiles(cluster: Wish): readonly MachineFile[] {
  if (cluster.podNetwork !== "routes") return [];
  const pods = formatSubnet(cluster.podCidr);
  const values = { KINDLING_API: apiUrl(cluster), KINDLING_PODS: pods };
  return [
    { path: template, mode: 0o644, text: bridgeTemplate },
    { path: rules, mode: 0o644, text: masquerade(pods) },
    { path: environment, mode: 0o644, text: formatEnvironment(values) },
    { path: script, mode: 0o755, text: podRoutesScript },
    { path: "/etc/kindling/pod-routes.awk", mode: 0o644, text: podRoutesAwk },
  ];
}

/** What keeps the routes, from the kubelet's first certificate on. */
export function podNetworkUnits({ podNetwork }: Wish): readonly MachineUnit[] {
  if (podNetwork !== "routes") return [];
  const text = formatUnit({
    Unit: {
      Description: "Routes to the pods of other machines",
      Wants: "network-online.target",
      After: ["network-online.target", "kindling-join.service"],
      StartLimitIntervalSec: "0",
    },
    Service: {
      EnvironmentFile: environment,
      RuntimeDirectory: "kindling-pod-routes",
      ExecStartPre: `/usr/bin/env nft -f ${rules}`,
      ExecStart: `/bin/sh ${script}`,
      Restart: "always",
      RestartSec: "10s",
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return [{ name: "kindling-pod-routes.service", text, enabled: true }];
}

// The plugin's own masquerading knows this machine's pods alone: it would hide each pod from those of others.
const bridgeTemplate = `{
  "name": "kindling",
  "cniVersion": "0.4.0",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "cni0",
      "isGateway": true,
      "ipMasq": false,
      "hairpinMode": true,
      "ipam": {
        "type": "host-local",
        "ranges": [[{ "subnet": "{{.PodCIDR}}" }]],
        "routes": [{ "dst": "0.0.0.0/0" }]
      }
    },
    { "type": "portmap", "capabilities": { "portMappings": true } }
  ]
}
`;

function masquerade(pods: string): string {
  return `table ip kindling-pods
delete table ip kindling-pods

table ip kindling-pods {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr ${pods} ip daddr != { ${pods}, 224.0.0.0/4 } masquerade
	}
}
`;
}
