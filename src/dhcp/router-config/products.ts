import { dnsmasqConfig } from "./dnsmasq.ts";
import { iscConfig } from "./isc.ts";
import { keaConfig } from "./kea.ts";
import { mikrotikConfig } from "./mikrotik.ts";
import { opnsenseConfig } from "./opnsense.ts";
import type { RouterHost } from "./router-host.ts";
import { unifiConfig } from "./unifi.ts";
import { windowsConfig } from "./windows.ts";

type Product = { readonly title: string; readonly format: (host: RouterHost) => string };

/** The DHCP servers whose settings are known, by the word for `--for`. */
export const RouterProducts = {
  dnsmasq: { title: "dnsmasq, OpenWrt, Pi-hole", format: dnsmasqConfig },
  isc: { title: "ISC dhcpd", format: iscConfig },
  kea: { title: "Kea", format: keaConfig },
  mikrotik: { title: "MikroTik RouterOS 7", format: mikrotikConfig },
  opnsense: { title: "OPNsense, pfSense", format: opnsenseConfig },
  unifi: { title: "UniFi Network", format: unifiConfig },
  windows: { title: "Windows Server", format: windowsConfig },
} as const satisfies Record<string, Product>;

export type RouterProduct = keyof typeof RouterProducts;

// proven: the keys of the table above
export const routerProducts = Object.keys(RouterProducts) as readonly RouterProduct[];
