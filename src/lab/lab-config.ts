import type { MacAddress } from "../wire/mac.ts";

/** The lab's network: one server, machines from 100 on. */
export const labNet = {
  serverHost: "srv",
  server: "10.77.0.1",
  serverCidr: "10.77.0.1/24",
  /** The server's address on a LAN that has IPv6. */
  serverCidr6: "fd77::1/64",
  pool: "10.77.0.100-10.77.0.199",
  httpPort: 8080,
  domain: "kindling.lan",
  /** A link behind a router that passes DHCP on: see `openFarLink`. */
  far: {
    bridge: "br1",
    routerHost: "relay",
    nearRouter: "10.77.0.2",
    router: "10.88.0.1",
    subnet: "10.88.0.0/24",
    pool: "10.88.0.100-10.88.0.199",
  },
} as const;

/** What of the daemon's settings a lab or a test chooses. */
export type LabSettings = {
  readonly dhcpMode?: "auto" | "full" | "proxy" | "off";
  readonly proxyAnswer?: "auto" | "direct" | "boot-server";
  readonly menu?: {
    readonly timeout: number;
    readonly items: readonly { readonly text: string; readonly boot: "loader" | "local" }[];
  };
  readonly loaders?: {
    readonly prefer?: "snponly" | "native";
    readonly secureBoot?: "auto" | "off" | "shim" | "ipxe-shim";
  };
  readonly ipv6?: {
    readonly advert?: "auto" | "on" | "off";
    readonly dhcp?: "auto" | "stateless" | "stateful" | "off";
  };
  readonly reservations?: readonly {
    readonly mac: MacAddress;
    readonly address?: string;
    readonly hostname?: string;
  }[];
  /** The way out that machines are told of; there is none, but installers want one. */
  readonly router?: string;
  /** The machines are on a link behind a relay, and the server serves that too. */
  readonly farLink?: boolean;
};

const farSubnet = {
  subnet: labNet.far.subnet,
  pools: [labNet.far.pool],
  router: labNet.far.router,
};

/** The folders of one run; the socket's path must stay below the kernel's 108 bytes. */
export function labPaths(folder: string) {
  return {
    config: `${folder}/kindling.yaml`,
    data: `${folder}/data`,
    assets: `${folder}/data/assets`,
    loaders: `${folder}/data/loaders`,
    state: `${folder}/state`,
    socket: `${folder}/admin.sock`,
    log: `${folder}/daemon.log`,
  } as const;
}

/** The settings of the lab's daemon. As JSON text they are YAML too. */
export function labConfig(folder: string, settings: LabSettings) {
  const paths = labPaths(folder);
  return {
    interfaces: ["eth0"],
    dhcp: {
      mode: settings.dhcpMode ?? "full",
      force: true, // nobody else is there, and looking takes 6 s
      proxyAnswer: settings.proxyAnswer ?? "auto",
      ...(settings.menu && { menu: settings.menu }),
      pools: [labNet.pool],
      reservations: settings.reservations ?? [],
      ...(settings.router && { router: settings.router }),
      ...(settings.farLink && { subnets: [farSubnet] }),
    },
    loaders: { folders: [paths.loaders], ...settings.loaders },
    ipv6: settings.ipv6 ?? {},
    http: { port: labNet.httpPort },
    dns: { domain: labNet.domain },
    data: { folder: paths.data },
    assets: { folder: paths.assets },
    state: { folder: paths.state },
    admin: { socket: paths.socket },
    log: { level: "debug", format: "json" },
  };
}

/** A profile that boots the lab's Linux, and for which machine; without `mac` for every other one. */
export type LabProfile = {
  readonly id: string;
  readonly mac?: MacAddress;
  readonly end: "poweroff" | "stay";
  /** The kernel's name of the serial port: ttyS0, or ttyAMA0 on arm64. */
  readonly console?: string;
  /** The system looks its own name up, unless a foreign DHCP server gives none. */
  readonly resolve?: false;
};

/** The catalog files of the profiles, path → JSON text, in matchbox's layout. */
export function labCatalog(profiles: readonly LabProfile[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const profile of profiles) {
    const { id, mac } = profile;
    const group = { id, profile: id, ...(mac ? { selector: { mac } } : {}) };
    files.set(`groups/${id}.json`, JSON.stringify(group, null, 2));
    files.set(`profiles/${id}.json`, JSON.stringify({ id, boot: netBoot(profile) }, null, 2));
  }
  return files;
}

function netBoot({ id, end, resolve, console = "ttyS0" }: LabProfile) {
  const origin = `http://${labNet.server}:${labNet.httpPort}`;
  return {
    kernel: "/assets/lab/vmlinuz",
    initrd: ["/assets/lab/initrd.gz"],
    args: [
      `console=${console}`,
      "quiet",
      "panic=-1",
      "initrd=initrd.gz", // an EFI kernel finds iPXE's file by this name
      `kindling.profile=${id}`,
      `kindling.report=${origin}/report`,
      ...(resolve === false ? [] : ["kindling.resolve=self"]),
      `kindling.then=${end}`,
    ],
  };
}
