import { formatIpv4 } from "../../wire/ipv4.ts";
import type { RouterHost } from "./router-host.ts";

/** Lines for dnsmasq.conf, and so for OpenWrt's and Pi-hole's. */
export function dnsmasqConfig({ server, script, loaders }: RouterHost): string {
  const to = `,,${formatIpv4(server)}`;
  const rows = loaders.flatMap(({ file, name, codes }) => {
    const tag = `kindling-${codes[0] ?? 0}`;
    return [
      `# ${name}`,
      ...codes.map((code) => `dhcp-match=set:${tag},option:client-arch,${code}`),
      `dhcp-boot=tag:!kindling-ipxe,tag:${tag},${file}${to}`,
    ];
  });
  return [
    "# Remove every pxe-service, pxe-prompt and dhcp-option=60 line: they add option 60.",
    "dhcp-match=set:kindling-ipxe,175",
    `dhcp-boot=tag:kindling-ipxe,${script}${to}`,
    ...rows,
  ].join("\n");
}
