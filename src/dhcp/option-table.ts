/** How an option's value is written by an operator; `option-values.ts` has a reader for each. */
export type OptionType =
  | "address"
  | "addresses"
  | "address-pairs"
  | "u8"
  | "u16"
  | "u32"
  | "i32"
  | "flag"
  | "text"
  | "domains"
  | "routes"
  | "bytes";

export type OptionRow = {
  readonly code: number;
  readonly name: string;
  readonly type: OptionType;
  /** Sent only to machines that boot from the network: an installed system must not see it. */
  readonly netboot?: true;
  /** Most bytes: firmware's options must fit beside all that a lease needs. */
  readonly max?: number;
  /** Sent only to clients that list it, whatever the operator says. */
  readonly listedOnly?: true;
};

const netboot = { netboot: true } as const;

/** Options that an operator may set by name (RFC 2132 and, where named, later ones). */
export const OptionRows: readonly OptionRow[] = [
  { code: 2, name: "time-offset", type: "i32" },
  { code: 3, name: "router", type: "addresses" },
  { code: 4, name: "time-servers", type: "addresses" },
  { code: 6, name: "dns", type: "addresses" },
  { code: 7, name: "log-servers", type: "addresses" },
  { code: 9, name: "lpr-servers", type: "addresses" },
  { code: 12, name: "host-name", type: "text" },
  { code: 15, name: "domain-name", type: "text" },
  { code: 16, name: "swap-server", type: "address" },
  { code: 17, name: "root-path", type: "text" },
  { code: 19, name: "ip-forwarding", type: "flag" },
  { code: 22, name: "max-reassembly", type: "u16" },
  { code: 23, name: "ip-ttl", type: "u8" },
  { code: 26, name: "mtu", type: "u16" },
  { code: 27, name: "all-subnets-local", type: "flag" },
  { code: 28, name: "broadcast", type: "address" },
  { code: 31, name: "router-discovery", type: "flag" },
  { code: 33, name: "static-routes", type: "address-pairs" },
  { code: 35, name: "arp-timeout", type: "u32" },
  { code: 37, name: "tcp-ttl", type: "u8" },
  { code: 38, name: "tcp-keepalive", type: "u32" },
  { code: 40, name: "nis-domain", type: "text" },
  { code: 41, name: "nis-servers", type: "addresses" },
  { code: 42, name: "ntp", type: "addresses" },
  { code: 43, name: "vendor-specific", type: "bytes" },
  { code: 44, name: "netbios-name-servers", type: "addresses" },
  { code: 46, name: "netbios-node-type", type: "u8" },
  { code: 47, name: "netbios-scope", type: "text" },
  { code: 64, name: "nis-plus-domain", type: "text" },
  { code: 65, name: "nis-plus-servers", type: "addresses" },
  { code: 66, name: "tftp-server", type: "text", max: 63, ...netboot },
  { code: 67, name: "boot-file", type: "text", max: 127, ...netboot },
  { code: 69, name: "smtp-servers", type: "addresses" },
  { code: 72, name: "www-servers", type: "addresses" },
  { code: 100, name: "posix-timezone", type: "text" }, // RFC 4833
  { code: 101, name: "tzdb-timezone", type: "text" }, // RFC 4833
  // RFC 8925 §3.3: never sent to a client that did not ask for it.
  { code: 108, name: "ipv6-only", type: "u32", listedOnly: true },
  { code: 114, name: "captive-portal", type: "text" }, // RFC 8910
  { code: 119, name: "domain-search", type: "domains" }, // RFC 3397
  { code: 120, name: "sip-servers", type: "bytes" }, // RFC 3361
  { code: 121, name: "routes", type: "routes" }, // RFC 3442
  { code: 124, name: "vendor-class", type: "bytes" }, // RFC 3925
  { code: 125, name: "vendor-options", type: "bytes" }, // RFC 3925
  { code: 150, name: "tftp-servers", type: "addresses" }, // RFC 5859
  // RFC 5071 (PXELINUX): a boot loader's, and a boot loader alone lists them.
  { code: 208, name: "pxelinux-magic", type: "bytes", listedOnly: true },
  { code: 209, name: "pxelinux-config", type: "text", listedOnly: true },
  { code: 210, name: "pxelinux-prefix", type: "text", listedOnly: true },
  { code: 211, name: "pxelinux-reboot", type: "u32", listedOnly: true },
  { code: 249, name: "microsoft-routes", type: "routes", listedOnly: true },
  { code: 252, name: "wpad", type: "text" },
];

/** Options that the server alone writes, and what an operator sets instead. */
export const ServerOptions: ReadonlyMap<number, string> = new Map([
  [0, "it is padding"],
  [1, "the mask is that of the subnet"],
  [50, "clients send it"],
  [51, "set leaseTimes or dhcp.lease"],
  [52, "fields are never overloaded"],
  [53, "it is the message's type"],
  [54, "it is this server's address"],
  [55, "clients send it"],
  [56, "the server explains its NAK with it"],
  [57, "clients send it"],
  [58, "set leaseTimes or dhcp.lease"],
  [59, "set leaseTimes or dhcp.lease"],
  [60, "network boot needs it as it is"],
  [61, "it is the client's, echoed"],
  [80, "set rapidCommit"],
  [81, "names come from clients and reservations"],
  [82, "it is the relay's, echoed"],
  [97, "it is the client's, echoed"],
  [118, "clients send it"],
  [175, "iPXE needs it as it is"],
  [255, "it ends the options"],
]);

const byCode: ReadonlyMap<number, OptionRow> = new Map(OptionRows.map((row) => [row.code, row]));
const byName: ReadonlyMap<string, OptionRow> = new Map(OptionRows.map((row) => [row.name, row]));

/** The row of an option by its number or its name; a number without a row has none. */
export function optionRow(nameOrCode: string | number): OptionRow | undefined {
  return typeof nameOrCode === "number" ? byCode.get(nameOrCode) : byName.get(nameOrCode);
}
