import { z } from "zod";
import { dhcpSettings } from "./dhcp-schema.ts";
import { dnsSettings } from "./dns-schema.ts";
import { imageSettings } from "./image-schema.ts";
import { flag, leaf, number, restart } from "./leaf.ts";
import { ociSettings } from "./oci-schema.ts";
import { ipv6Value, macValue, portValue } from "./values.ts";

const port = { kind: "number", want: "a port, 1 to 65535", ...restart } as const;
const pemFile = { want: "a PEM file's path", ...restart } as const;
const folder = { want: "a folder's path", ...restart } as const;

const machineLoader = z.strictObject({
  mac: macValue,
  loader: z.string().regex(/^[\x21-\x2e\x30-\x7e]{1,127}$/),
});

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
  dhcp: dhcpSettings,
  ipv6: z
    .strictObject({
      advert: leaf(z.enum(["auto", "on", "off"]).default("auto"), {
        help: "Tell machines that ask for an IPv6 router that there is none; auto: where addresses are given, while no router speaks.",
        want: "auto, on or off",
        ...restart,
      }),
      dhcp: leaf(z.enum(["auto", "stateless", "stateful", "off"]).default("auto"), {
        help: "DHCPv6: boot options only, or addresses too; auto is stateless where addresses are given, on links with an IPv6 address.",
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
      transfersPerClient: leaf(z.int().min(1).max(10_000).default(100), {
        help: "Most transfers at once of one address; behind NAT all machines have one.",
        ...number,
      }),
      onLinkOnly: leaf(z.boolean().default(false), {
        help: "Answer only addresses of the link's own subnet: not machines behind a DHCP relay.",
        ...flag,
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
      prefer: leaf(z.enum(["snponly", "native"]).default("snponly"), {
        help: "iPXE with the firmware's network driver (snponly, undionly) or with drivers of its own.",
        want: "snponly or native",
        ...restart,
      }),
      secureBoot: leaf(z.enum(["auto", "off", "shim", "ipxe-shim"]).default("auto"), {
        help: "Signed chain for UEFI: shim with GRUB, shim with iPXE, or what a machine turns out to take.",
        want: "auto, off, shim or ipxe-shim",
        ...restart,
      }),
      machines: leaf(z.array(machineLoader).default([]), {
        help: "Loaders of single machines, by mac and file name.",
        want: "a list of { mac, loader }",
        kind: "structure",
        ...restart,
      }),
    })
    .prefault({}),
  dns: dnsSettings,
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
  installer: z
    .strictObject({
      port: leaf(portValue.default(8444), {
        help: "TCP port by which machines that join a cluster fetch their keys; open while some may.",
        ...port,
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
    })
    .prefault({}),
  images: imageSettings,
  oci: ociSettings,
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
