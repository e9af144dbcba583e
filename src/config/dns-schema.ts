import { z } from "zod";
import { flag, leaf, number, restart } from "./leaf.ts";
import { domainValue, ipv4Value, labelValue, portValue, subnetValue } from "./values.ts";

const port = { kind: "number", want: "a port, 1 to 65535", ...restart } as const;

const record = z.strictObject({
  name: z.string().min(1).max(253),
  type: z.enum(["A", "AAAA", "CNAME", "MX", "NS", "TXT", "SRV"]),
  value: z.string().min(1).max(1024),
  ttl: z.int().min(0).max(604_800).exactOptional(),
});

const plainZone = z.strictObject({ domain: domainValue, records: z.array(record).default([]) });

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

const rateLimit = z.strictObject({
  answers: leaf(z.int().min(0).max(1_000_000).default(20), {
    help: "UDP answers a second of one name to one /24; 0 sets no limit.",
    ...number,
  }),
  refused: leaf(z.int().min(0).max(1_000_000).default(5), {
    help: "REFUSED by UDP a second to one /24; 0 sets no limit.",
    ...number,
  }),
  slip: leaf(z.int().min(0).max(10).default(2), {
    help: "One in so many answers over the limit goes out empty, with TC or a cookie for a client that is there; 0: none.",
    ...number,
  }),
  local: leaf(z.boolean().default(false), {
    help: "Limit clients of the served subnets, too.",
    ...flag,
  }),
});

const forward = z.strictObject({
  enabled: leaf(z.boolean().default(false), {
    help: "Look up names of the rest of the world for clients; otherwise they are refused.",
    ...flag,
    ...restart,
  }),
  upstreams: leaf(z.array(ipv4Value).max(8).default([]), {
    help: "Name servers that are asked; empty takes those of /etc/resolv.conf.",
    want: "a list of IPv4 addresses",
    kind: "list",
    ...restart,
  }),
  clients: leaf(z.array(subnetValue).max(100).default([]), {
    help: "Subnets whose clients may ask; empty is the subnets served.",
    want: "a list of subnets like 10.77.0.0/24",
    kind: "list",
    ...restart,
  }),
  rebindProtection: leaf(z.boolean().default(false), {
    help: "Refuse answers from outside that point into private networks.",
    ...flag,
    ...restart,
  }),
});

/** The `dns` settings. */
export const dnsSettings = z
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
      help: "Further records of the zone: name, type (A, AAAA, CNAME, MX, NS, TXT, SRV), value, ttl.",
      want: "a list of { name, type, value }",
      kind: "structure",
    }),
    zones: leaf(z.array(plainZone).max(100).default([]), {
      help: "Further zones of nothing but records: domain, records.",
      want: "a list of { domain, records }",
      kind: "structure",
    }),
    secondaries: leaf(z.array(ipv4Value).max(16).default([]), {
      help: "Name servers that may transfer every zone (AXFR) and are told of changes (NOTIFY).",
      want: "a list of IPv4 addresses",
      kind: "list",
    }),
    rateLimit: rateLimit.prefault({}),
    forward: forward.prefault({}),
  })
  .prefault({});
