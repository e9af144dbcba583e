import { formatIpv4 } from "../../wire/ipv4.ts";
import type { RouterHost } from "./router-host.ts";

/** What to type into UniFi Network, which has one file for all machines of a network. */
export function unifiConfig({ server, loaders }: RouterHost): string {
  const files = [7, 0, 0x0b].flatMap((code) => {
    const loader = loaders.find(({ codes }) => codes.includes(code));
    return loader === undefined ? [] : [`${loader.file} (${loader.name})`];
  });
  return [
    "Settings > Networks > your network > DHCP > Network Boot: on",
    `  Server: ${formatIpv4(server)}`,
    `  File name: one of ${files.join(", ")}`,
    "  Custom DHCP options: none with code 60",
    "One name is for one kind of machine, and iPXE would load itself again: for more kinds than one",
    "leave Network Boot off and let Kindling add the boot answers (dhcp.mode: auto or proxy).",
  ].join("\n");
}
