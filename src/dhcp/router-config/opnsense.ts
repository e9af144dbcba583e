import { formatIpv4 } from "../../wire/ipv4.ts";
import type { RouterHost } from "./router-host.ts";

const Fields: readonly (readonly [code: number, field: string])[] = [
  [0, "Set default bios filename"],
  [6, "Set x86 UEFI (32-bit) filename"],
  [7, "Set x64 UEFI/EBC (64-bit) filename"],
  [0x0a, "Set ARM UEFI (32-bit) filename"],
  [0x0b, "Set ARM UEFI (64-bit) filename"],
];

/** What to type into OPNsense's pages, and pfSense's, which have the same fields. */
export function opnsenseConfig({ server, script, loaders }: RouterHost): string {
  const address = formatIpv4(server);
  const files = Fields.flatMap(([code, field]) => {
    const file = loaders.find(({ codes }) => codes.includes(code))?.file;
    return file === undefined ? [] : [`  ${field}: ${file}`];
  });
  return [
    "Services > ISC DHCPv4 > your interface > Network booting (pfSense: Services > DHCP Server)",
    "  Enable network booting: checked",
    `  Set next-server IP: ${address}`,
    ...files,
    `  Set iPXE boot filename: ${script}`,
    "  Additional options: none with number 60",
    "",
    "Services > Kea DHCP > Kea DHCPv4 > Subnets has one file for all machines:",
    `  Next server: ${address}`,
    `  TFTP bootfile name: ${fileOf(loaders, 7)} (UEFI x64) or ${fileOf(loaders, 0)} (BIOS)`,
  ].join("\n");
}

function fileOf(loaders: RouterHost["loaders"], code: number): string {
  return loaders.find(({ codes }) => codes.includes(code))?.file ?? "";
}
