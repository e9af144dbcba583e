import { expect, it } from "vitest";
import { renderHostsToml } from "../../../src/assets/oci/hosts-toml.ts";

const mirror = "http://10.0.0.1:8080";

it.each([
  [
    "quay.io",
    "none",
    '# /etc/containerd/certs.d/quay.io/hosts.toml\nserver = "http://10.0.0.1:8080"\n\n[host."http://10.0.0.1:8080"]\n  capabilities = ["pull", "resolve"]\n',
  ],
  [
    "docker.io",
    "upstream",
    '# /etc/containerd/certs.d/docker.io/hosts.toml\nserver = "https://registry-1.docker.io"\n\n[host."http://10.0.0.1:8080"]\n  capabilities = ["pull", "resolve"]\n',
  ],
  [
    "_default",
    "upstream",
    '# /etc/containerd/certs.d/_default/hosts.toml\n[host."http://10.0.0.1:8080"]\n  capabilities = ["pull", "resolve"]\n',
  ],
] as const)("%s with %s behind it", (registry, fallback, want) => {
  expect(renderHostsToml({ registry, mirror, fallback })).toBe(want);
});
