import { z } from "zod";
import { bootMenu, quirkRow } from "./boot-values.ts";
import {
  domainValue,
  durationValue,
  ipv4Value,
  ipv6Value,
  type LeafMeta,
  labelValue,
  macValue,
  portValue,
  rangeValue,
  sizeValue,
  uuidValue,
} from "./values.ts";

const restart = { live: false } as const;

/** A setting: its schema with a default, and what help and errors say of it. */
function leaf<S extends z.ZodType>(schema: S, meta: Partial<LeafMeta> & { help: string }): S {
  return schema.meta({ want: "text", kind: "text", live: true, ...meta });
}

const number = { kind: "number", want: "a whole number" } as const;
const port = { kind: "number", want: "a port, 1 to 65535", ...restart } as const;
const time = { kind: "text", want: "a time such as 30s, 5m, 12h or 2d" } as const;
const flag = { kind: "boolean", want: "true or false" } as const;
const pemFile = { want: "a PEM file's path", ...restart } as const;
const folder = { want: "a folder's path", ...restart } as const;

const reservation = z
  .strictObject({
    mac: macValue.exactOptional(),
    uuid: uuidValue.exactOptional(),
    address: ipv4Value.exactOptional(),
    hostname: labelValue.exactOptional(),
  })
  .refine((row) => row.mac !== undefined || row.uuid !== undefined, {
    message: "a reservation names a machine by mac or by uuid",
  });

const record = z.strictObject({
  name: z.string().min(1).max(253),
  type: z.enum(["A", "AAAA", "CNAME", "TXT", "SRV"]),
  value: z.string().min(1).max(1024),
  ttl: z.int().min(0).max(604_800).exactOptional(),
});

const namedTargets = (name: string, what: string) =>
  z
    .strictObject({
      name: leaf(labelValue.prefault(name), {
        help: `First label of ${what}'s name.`,
        want: "a host name",
      }),
      targets: leaf(z.array(z.string().min(1)).default([]), {
        help: `Who answers to it: node host names or addresses, all given in turn.`,
        want: "a list of host names or addresses",
        kind: "list",
      }),
    })
    .prefault({});

/** Everything that can be set, with its default. */
export const ConfigSchema = z.strictObject({
  interfaces: leaf(z.array(z.string().min(1).max(15)).default([]), {
    help: "Network interfaces to serve. Kindling speaks on no other.",
    want: "a list of interface names",
    kind: "list",
    ...restart,
  }),
  user: leaf(z.string().default(""), {
    help: "User to become once every port is bound; empty keeps the starting one.",
    want: "a user name",
    ...restart,
  }),
  dhcp: z
    .strictObject({
      mode: leaf(z.enum(["full", "proxy", "off"]).default("full"), {
        help: "full gives addresses; proxy adds boot answers beside another DHCP server; off is silent.",
        want: "full, proxy or off",
        ...restart,
      }),
      proxyAnswer: leaf(z.enum(["auto", "direct", "boot-server"]).default("auto"), {
        help: "How proxy offers name the boot file: at once, by port 4011, or by what the firmware takes.",
        want: "auto, direct or boot-server",
      }),
      menu: leaf(bootMenu.exactOptional(), {
        help: "A menu for firmware itself to show: prompt, timeout, broadcast, items. None by default.",
        want: "{ prompt, timeout, items: [{ text, boot: loader, local or an address }] }",
        kind: "structure",
      }),
      quirks: leaf(z.array(quirkRow).default([]), {
        help: "Single machines' firmware: mac, and the effects to force or to forbid.",
        want: "a list of { mac, force, forbid }",
        kind: "structure",
      }),
      disabled: leaf(z.array(macValue).default([]), {
        help: "Machines whose network boot gets no answer, so that they go on to their disk.",
        want: "a list of MAC addresses",
        kind: "list",
      }),
      pools: leaf(z.array(rangeValue).default([]), {
        help: "Addresses to give out; empty takes the whole of each served subnet.",
        want: "ranges such as 10.77.0.100-10.77.0.200",
        kind: "list",
      }),
      router: leaf(ipv4Value.exactOptional(), {
        help: "Default gateway told to machines (option 3).",
        want: "an IPv4 address",
      }),
      dns: leaf(z.array(ipv4Value).default([]), {
        help: "Resolvers told to machines (option 6); empty tells this daemon when it serves DNS.",
        want: "a list of IPv4 addresses",
        kind: "list",
      }),
      lease: leaf(durationValue.prefault("12h"), {
        help: "Lease time of an operating system.",
        ...time,
      }),
      bootLease: leaf(durationValue.prefault("5m"), {
        help: "Lease time of firmware and iPXE.",
        ...time,
      }),
      offerHold: leaf(durationValue.prefault("60s"), {
        help: "How long an offer is kept for its machine.",
        ...time,
      }),
      declineProbation: leaf(durationValue.prefault("24h"), {
        help: "How long an address that a machine declined is left alone.",
        ...time,
      }),
      conflictProbe: leaf(z.enum(["arp", "off"]).default("arp"), {
        help: "Asks the link by ARP whether a free address is in use, ahead of time; off does not.",
        want: "arp or off",
        ...restart,
      }),
      probesPerSecond: leaf(z.int().min(1).max(50).default(1), {
        help: "Free addresses that are asked about in a second.",
        want: "a whole number, 1 to 50",
        kind: "number",
      }),
      probedReserve: leaf(z.int().min(0).max(512).default(32), {
        help: "With fewer free addresses known to be silent, 16 are asked about at a time.",
        want: "a whole number up to 512",
        kind: "number",
      }),
      newMachinesPerMinute: leaf(z.int().min(1).max(10_000).default(20), {
        help: "Machines never seen before that get an address in a minute when a pool is 90 % full.",
        want: "a whole number, 1 to 10000",
        kind: "number",
      }),
      newMachinesPerPort: leaf(z.int().min(1).max(10_000).default(64), {
        help: "Machines never seen before that get an address in a minute behind one relay port.",
        want: "a whole number, 1 to 10000",
        kind: "number",
      }),
      reservations: leaf(z.array(reservation).default([]), {
        help: "Fixed rows: mac or uuid, with address and/or hostname. Each is a DNS name too.",
        want: "a list of { mac or uuid, address, hostname }",
        kind: "structure",
      }),
    })
    .prefault({}),
  ipv6: z
    .strictObject({
      advert: leaf(z.enum(["auto", "on", "off"]).default("auto"), {
        help: "Tell machines that ask for an IPv6 router that there is none; auto: in full mode, while no router speaks.",
        want: "auto, on or off",
        ...restart,
      }),
      dhcp: leaf(z.enum(["auto", "stateless", "stateful", "off"]).default("auto"), {
        help: "DHCPv6: boot options only, or addresses too; auto is stateless in full mode on links with an IPv6 address.",
        want: "auto, stateless, stateful or off",
        ...restart,
      }),
      dns: leaf(z.array(ipv6Value).default([]), {
        help: "Resolvers told by DHCPv6 (option 23).",
        want: "a list of IPv6 addresses",
        kind: "list",
      }),
    })
    .prefault({}),
  tftp: z
    .strictObject({
      enabled: leaf(z.boolean().default(true), {
        help: "Serve loaders by TFTP.",
        ...flag,
        ...restart,
      }),
      port: leaf(portValue.default(69), { help: "UDP port for requests.", ...port }),
      blksizeMax: leaf(z.int().min(512).max(65_464).default(1468), {
        help: "Largest block in bytes; 1468 fits one Ethernet frame, more would be fragmented.",
        ...number,
      }),
      windowMax: leaf(z.int().min(1).max(64).default(16), {
        help: "Most blocks in flight (RFC 7440).",
        ...number,
      }),
      transfersMax: leaf(z.int().min(1).max(10_000).default(500), {
        help: "Most transfers at once.",
        ...number,
      }),
      singlePort: leaf(z.boolean().default(false), {
        help: "Send data from the request port, for NAT and container bridges.",
        ...flag,
      }),
    })
    .prefault({}),
  loaders: z
    .strictObject({
      folders: leaf(z.array(z.string().min(1)).default([]), {
        help: "Folders with boot loaders, looked through before the distribution's ipxe package.",
        want: "a list of folders",
        kind: "list",
        ...restart,
      }),
    })
    .prefault({}),
  dns: z
    .strictObject({
      enabled: leaf(z.boolean().default(true), { help: "Serve DNS.", ...flag, ...restart }),
      port: leaf(portValue.default(53), { help: "UDP and TCP port.", ...port }),
      domain: leaf(domainValue.prefault("kindling.lan"), {
        help: "The zone that holds every name; also told to machines (option 15).",
        want: "a domain name",
      }),
      provisioner: leaf(labelValue.prefault("provisioner"), {
        help: "First label of this daemon's own name.",
        want: "a host name",
      }),
      controller: namedTargets("controller", "the cluster's API"),
      console: namedTargets("tectonic", "the cluster's console"),
      records: leaf(z.array(record).default([]), {
        help: "Further records of the zone: name, type (A, AAAA, CNAME, TXT, SRV), value, ttl.",
        want: "a list of { name, type, value }",
        kind: "structure",
      }),
    })
    .prefault({}),
  http: z
    .strictObject({
      port: leaf(portValue.default(8080), {
        help: "TCP port of the machines' HTTP service.",
        ...port,
      }),
      waitingRoom: leaf(z.int().min(0).max(3_600).default(0), {
        help: "Seconds after which a machine that no group matches asks /ipxe again; 0 tells it 404.",
        ...number,
        want: "a whole number up to 3600",
        ...restart,
      }),
      ignitionUpgrade: leaf(z.boolean().default(false), {
        help: "Sends Ignition files of 3.0 to 3.4 as 3.4.0; otherwise they go out byte for byte.",
        ...flag,
        ...restart,
      }),
      keyRing: leaf(z.string().default(""), {
        help: "Binary OpenPGP key ring that signs what machines read (.sig, .asc); empty signs nothing.",
        want: "a key ring's path",
        ...restart,
      }),
    })
    .prefault({}),
  rpc: z
    .strictObject({
      port: leaf(z.int().min(0).max(65_535).default(0), {
        help: "TCP port of the gRPC API, by convention 8081; 0 serves none.",
        kind: "number",
        want: "a port, or 0",
        ...restart,
      }),
      certFile: leaf(z.string().min(1).default("/etc/kindling/tls/server.crt"), {
        help: "Certificate that gRPC clients see; kindling tls init makes one.",
        ...pemFile,
      }),
      keyFile: leaf(z.string().min(1).default("/etc/kindling/tls/server.key"), {
        help: "Its key.",
        ...pemFile,
      }),
      caFile: leaf(z.string().min(1).default("/etc/kindling/tls/ca.crt"), {
        help: "Authorities whose client certificates may read and write the catalog.",
        ...pemFile,
      }),
    })
    .prefault({}),
  data: z
    .strictObject({
      folder: leaf(z.string().min(1).default("/var/lib/kindling"), {
        help: "groups/, profiles/, ignition/, cloud/ and generic/ in matchbox's layout, and templates/.",
        ...folder,
      }),
    })
    .prefault({}),
  assets: z
    .strictObject({
      folder: leaf(z.string().default(""), {
        help: "Files under /assets/; empty takes assets/ inside data.folder.",
        ...folder,
      }),
      memory: leaf(sizeValue.exactOptional(), {
        help: "Most memory for files that many machines fetch; by default a quarter of it all, at most 2G.",
        want: "a size such as 512M; 0 keeps nothing",
        ...restart,
      }),
    })
    .prefault({}),
  state: z
    .strictObject({
      folder: leaf(z.string().min(1).default("/var/lib/kindling"), {
        help: "Where leases are kept.",
        ...folder,
      }),
    })
    .prefault({}),
  admin: z
    .strictObject({
      socket: leaf(z.string().default("/run/kindling/admin.sock"), {
        help: "Unix socket of the admin API; empty opens none.",
        want: "a socket's path",
        ...restart,
      }),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: leaf(z.enum(["debug", "info", "warn", "error"]).default("info"), {
        help: "Least level that is logged.",
        want: "debug, info, warn or error",
        ...restart,
      }),
      format: leaf(z.enum(["auto", "text", "json"]).default("auto"), {
        help: "auto is text on a terminal and JSON elsewhere.",
        want: "auto, text or json",
        ...restart,
      }),
    })
    .prefault({}),
});

export type Config = z.output<typeof ConfigSchema>;
