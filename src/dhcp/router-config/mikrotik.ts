import { formatIpv4 } from "../../wire/ipv4.ts";
import { formatSubnet } from "../../wire/subnet.ts";
import { hexCode, type RouterHost } from "./router-host.ts";

/** Commands for RouterOS 7; the DHCP server is taken to be called dhcp1, its pool pool1. */
export function mikrotikConfig({ server, subnet, script, loaders }: RouterHost): string {
  const address = formatIpv4(server);
  const set = (name: string, file: string, match: string) => [
    `/ip/dhcp-server/option/add name=${name} code=67 value="'${file}'"`,
    `/ip/dhcp-server/option/sets/add name=${name} options=kindling-66,${name}`,
    `/ip/dhcp-server/matcher/add name=${name} server=dhcp1 address-pool=pool1 option-set=${name} ${match}`,
  ];
  return [
    "# Put your server's and pool's names for dhcp1 and pool1. Never add an option with code=60.",
    `/ip/dhcp-server/network/set [find where address="${formatSubnet(subnet)}"] next-server=${address}`,
    `/ip/dhcp-server/option/add name=kindling-66 code=66 value="s'${address}'"`,
    "# First: matchers are tried in order, and iPXE says its architecture too.",
    ...set("kindling-ipxe", script, 'code=77 matching-type=exact value="iPXE"'),
    ...loaders.flatMap(({ file, codes }) =>
      codes.flatMap((code) => {
        const match = `code=93 matching-type=exact value=0x${hexCode(code)}`;
        return set(`kindling-${code}`, file, match);
      }),
    ),
  ].join("\n");
}
