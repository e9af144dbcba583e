import { z } from "zod";
import { bootMenu, quirkRow } from "./boot-values.ts";
import { classRows, identityValue, optionsRow, reservationRows, subnetRows } from "./dhcp-rows.ts";
import { flag, leaf, number, restart, time } from "./leaf.ts";
import { durationValue, ipv4Value, macValue, rangeValue } from "./values.ts";

const probeTime = (preset: string) =>
  durationValue.refine((seconds) => seconds >= 1, { message: "want 1s or more" }).prefault(preset);

/** What can be set of DHCP. */
export const dhcpSettings = z
  .strictObject({
    mode: leaf(z.enum(["auto", "full", "proxy", "off"]).default("auto"), {
      help: "auto looks whether another DHCP server is there: full if not, else proxy. full gives addresses, proxy adds boot answers beside another server, off is silent.",
      want: "auto, full, proxy or off",
      ...restart,
    }),
    force: leaf(z.boolean().default(false), {
      help: "With mode full: give addresses without looking for another server first or ever.",
      ...flag,
      ...restart,
    }),
    takeAddresses: leaf(z.boolean().default(true), {
      help: "Whether mode auto gives addresses on a link where nobody answered.",
      ...flag,
      ...restart,
    }),
    takeover: leaf(z.boolean().default(false), {
      help: "Whether mode auto gives addresses when the server that it stood beside is gone.",
      ...flag,
      ...restart,
    }),
    probe: z
      .strictObject({
        listen: leaf(probeTime("6s"), {
          help: "How long one look for other DHCP servers takes; three questions within it.",
          ...time,
          ...restart,
        }),
        every: leaf(probeTime("10m"), {
          help: "How often to look again, a tenth more or less.",
          ...time,
          ...restart,
        }),
        carrier: leaf(durationValue.prefault("45s"), {
          help: "How long to keep looking after a cable came up: switches with spanning tree forward nothing at first.",
          ...time,
          ...restart,
        }),
        settle: leaf(durationValue.prefault("15m"), {
          help: "Least time after another server was met before addresses are given again.",
          ...time,
          ...restart,
        }),
      })
      .prefault({}),
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
    reservedLease: leaf(durationValue.exactOptional(), {
      help: "Lease time of a machine with a reservation; dhcp.lease without it.",
      ...time,
    }),
    randomLease: leaf(durationValue.prefault("1h"), {
      help: "Longest lease of a system with a locally administered MAC, which may change.",
      ...time,
    }),
    renewalSpread: leaf(z.int().min(0).max(20).default(0), {
      help: "Percent by which machines at most renew earlier, so that they do not all at once.",
      ...number,
      want: "a whole number up to 20",
    }),
    identity: leaf(identityValue.default("mac"), {
      help: "What a machine is known by; mac is the same in firmware, iPXE and its system.",
      want: "mac, client-id or uuid",
    }),
    authoritative: leaf(z.boolean().default(true), {
      help: "This is the only server: it answers for leases that it does not remember.",
      ...flag,
    }),
    rapidCommit: leaf(z.boolean().default(false), {
      help: "Answer a DISCOVER with an ACK where the client asks for it (RFC 4039).",
      ...flag,
    }),
    bootp: leaf(z.boolean().default(false), {
      help: "Answer BOOTP clients that have a reservation.",
      ...flag,
    }),
    options: leaf(optionsRow.default({}), {
      help: "DHCP options for every machine, by name or number; see [dhcp](dhcp.md).",
      want: "options such as { ntp: [10.0.0.1], 252: 'http://…' }",
      kind: "structure",
    }),
    classes: leaf(classRows.default([]), {
      help: "Classes of clients, with options and lease of their own; pools may be theirs alone.",
      want: "a list of { name, firmware, cpu, stage, known, vendorClass, userClass, … }",
      kind: "structure",
    }),
    subnets: leaf(subnetRows.default([]), {
      help: "Further subnets, or those of the interfaces in full; see [dhcp](dhcp.md).",
      want: "a list of { subnet, pools, exclude, router, dns, options, … }",
      kind: "structure",
    }),
    reservations: leaf(reservationRows.default([]), {
      help: "Fixed rows: who, with address, hostname and options. Each is a DNS name too.",
      want: "a list of { mac, uuid, clientId, circuitId or remoteId; address, hostname, options }",
      kind: "structure",
    }),
  })
  .prefault({});
