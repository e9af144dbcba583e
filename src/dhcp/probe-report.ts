import type { Finding } from "../boot/finding.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { addressServers, type ForeignServer } from "./foreign.ts";
import { findingsOf } from "./foreign-findings.ts";

/** What one look at one link brought. */
export type LinkReport = {
  readonly device: string;
  readonly servers: readonly ForeignServer[];
  /** Servers of this host itself: a Kindling that runs here, or what holds port 67 beside it. */
  readonly ownServers: readonly ForeignServer[];
  readonly findings: readonly Finding[];
  readonly advice: string;
};

export function reportLink(
  device: string,
  answers: readonly ForeignServer[],
  own: ReadonlySet<Ipv4Address>,
): LinkReport {
  const servers = answers.filter(({ serverId }) => !own.has(serverId));
  const ownServers = answers.filter(({ serverId }) => own.has(serverId));
  const findings = findingsOf(servers, { device, own, mode: "proxy", wantsFull: false });
  return { device, servers, ownServers, findings, advice: adviseMode(servers) };
}

function adviseMode(servers: readonly ForeignServer[]): string {
  const givers = addressServers(servers).map(({ serverId }) => formatIpv4(serverId));
  if (givers.length === 0) {
    return "nobody else gives addresses here: dhcp.mode auto becomes full, and Kindling gives them";
  }
  const who = givers.join(" and ");
  return `${who} gives addresses here: dhcp.mode auto becomes proxy, and Kindling adds boot answers`;
}

/** The head of the table, then a row for each server. */
export function reportRows(reports: readonly LinkReport[]): readonly (readonly string[])[] {
  const head = [
    "interface",
    "server",
    "card",
    "gives",
    "lease",
    "router",
    "resolvers",
    "option 60",
    "boot",
  ];
  const rows = reports.flatMap(({ device, servers, ownServers }) => [
    ...servers.map((server) => rowOf(device, server, "")),
    ...ownServers.map((server) => rowOf(device, server, " (this host)")),
  ]);
  return rows.length === 0 ? [] : [head, ...rows];
}

function rowOf(device: string, server: ForeignServer, note: string): readonly string[] {
  const { serverId, mac, yiaddr, leaseSeconds, router, dns, vendorClass60, bootFile, nextServer } =
    server;
  const boot = [bootFile, nextServer && `from ${formatIpv4(nextServer)}`].filter(Boolean).join(" ");
  return [
    device,
    `${formatIpv4(serverId)}${note}`,
    mac ?? "-",
    yiaddr === undefined ? "boot answers" : formatIpv4(yiaddr),
    leaseSeconds === undefined ? "-" : `${leaseSeconds} s`,
    router === undefined ? "-" : formatIpv4(router),
    dns.map(formatIpv4).join(",") || "-",
    vendorClass60 ?? "-",
    boot || "-",
  ];
}

/** The report for programs: addresses as text. */
export function reportJson({ servers, ownServers, ...rest }: LinkReport): object {
  return { ...rest, servers: servers.map(toJson), ownServers: ownServers.map(toJson) };
}

function toJson(server: ForeignServer): object {
  const text = Object.entries(server).map(([name, value]) => {
    const isAddress = typeof value === "number" && name !== "leaseSeconds";
    // proven: every number of a ForeignServer but its lease time is an address
    return [name, isAddress ? formatIpv4(value as Ipv4Address) : value];
  });
  return { ...Object.fromEntries(text), dns: server.dns.map(formatIpv4) };
}
