import { formatIpv4 } from "../../wire/ipv4.ts";
import type { RouterHost } from "./router-host.ts";

/** PowerShell for the DHCP role of Windows Server. */
export function windowsConfig({ server, subnet, script, loaders }: RouterHost): string {
  const scope = formatIpv4(subnet.network);
  const policy = (name: string, file: string, condition: string): readonly string[] => {
    const value = `Set-DhcpServerv4OptionValue -ScopeId ${scope} -PolicyName "${name}"`;
    return [
      `Add-DhcpServerv4Policy -Name "${name}" -ScopeId ${scope} -Condition OR ${condition}`,
      `${value} -OptionId 66 -Value "${formatIpv4(server)}"`,
      `${value} -OptionId 67 -Value "${file}"`,
    ];
  };
  const rows = loaders.flatMap(({ file, codes }) =>
    codes.flatMap((code) => {
      const arch = `PXEClient:Arch:${String(code).padStart(5, "0")}`;
      const name = `Kindling ${code}`;
      return [
        `Add-DhcpServerv4Class -Name "${name}" -Type Vendor -Data "${arch}"`,
        ...policy(name, file, `-VendorClass EQ,"${name}*"`),
      ];
    }),
  );
  return [
    "# Option 60 makes UEFI machines ask this server for a boot server.",
    "Remove-DhcpServerv4OptionValue -OptionId 60 -ErrorAction SilentlyContinue",
    `Remove-DhcpServerv4OptionValue -ScopeId ${scope} -OptionId 60 -ErrorAction SilentlyContinue`,
    "# First: policies count in the order they were made, and iPXE says its architecture too.",
    'Add-DhcpServerv4Class -Name "Kindling iPXE" -Type User -Data "iPXE"',
    ...policy("Kindling iPXE", script, '-UserClass EQ,"Kindling iPXE*"'),
    ...rows,
  ].join("\n");
}
