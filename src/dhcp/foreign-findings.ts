import type { Finding } from "../boot/finding.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { addressServers, type ForeignServer } from "./foreign.ts";
import type { LiveMode } from "./mode.ts";

/** The link that the servers were met on. */
export type ForeignLink = {
  readonly device: string;
  /** Addresses of this host: a server that sends machines here does as it was asked. */
  readonly own: ReadonlySet<Ipv4Address>;
  readonly mode: LiveMode;
  /** `full` was asked for by name. */
  readonly wantsFull: boolean;
};

/** A lease shorter than this may end before the kernel and its RAM disk are loaded, s. */
const shortLeaseSeconds = 120;

/** One plain sentence and a cure for each thing about these servers that costs boots. */
export function findingsOf(
  servers: readonly ForeignServer[],
  link: ForeignLink,
): readonly Finding[] {
  const single = servers.flatMap((server) => Checks.flatMap((check) => check(server, link) ?? []));
  const givers = addressServers(servers);
  return givers.length < 2 ? single : [...single, manyServers(givers, link)];
}

type Check = (server: ForeignServer, link: ForeignLink) => Finding | undefined;

const Checks: readonly Check[] = [
  foreignServer,
  optionSixty,
  bootFile,
  foreignProxy,
  shortLease,
  noRouter,
  noResolver,
];

function foreignServer(server: ForeignServer, link: ForeignLink): Finding | undefined {
  if (server.isProxy) return undefined;
  const who = `DHCP server ${nameOf(server)} gives addresses on ${link.device}`;
  const base = { code: "dhcp.foreign-server", ...subjectOf(server, link) } as const;
  if (link.wantsFull) {
    const sentence = `${who}, so Kindling gives none there`;
    const cure = `set dhcp.mode to proxy, or stop that server; dhcp.force: true makes two servers`;
    return { ...base, severity: "error", sentence, cure };
  }
  if (link.mode === "hold" || link.mode === "full") {
    const cure = "stop one of the two; Kindling goes beside it by itself when it is seen again";
    return { ...base, severity: "error", sentence: `${who}, as Kindling does`, cure };
  }
  const sentence = `${who}; Kindling adds boot answers beside it`;
  return { ...base, severity: "info", sentence, cure: "nothing, if that server is meant to be" };
}

function optionSixty(server: ForeignServer, link: ForeignLink): Finding | undefined {
  if (server.isProxy || !server.vendorClass60?.startsWith("PXEClient")) return undefined;
  return {
    code: "dhcp.foreign-option-60",
    severity: "error",
    sentence: `DHCP server ${nameOf(server)} sends option 60 "PXEClient", so UEFI machines ask it for a boot server on port 4011 and never Kindling`,
    cure: "take option 60 out. Windows: Remove-DhcpServerv4OptionValue -OptionId 60 (and with -ScopeId); dnsmasq: remove pxe-service, pxe-prompt and dhcp-option=60 lines; ISC: remove option vendor-class-identifier; Kea: remove vendor-class-identifier from option-data",
    ...subjectOf(server, link),
  };
}

function bootFile(server: ForeignServer, link: ForeignLink): Finding | undefined {
  const { bootFile: file, nextServer } = server;
  if (server.isProxy || file === undefined || sendsHere(server, link.own)) return undefined;
  const from = nextServer === undefined ? "" : ` from ${formatIpv4(nextServer)}`;
  return {
    code: "dhcp.foreign-boot-file",
    severity: "warning",
    sentence: `DHCP server ${nameOf(server)} names the boot file "${file}"${from}, which iPXE takes instead of Kindling's`,
    cure: "clear its boot file and TFTP server (66, 67, next-server), or let them name this host: kindling dhcp router-config prints the lines",
    ...subjectOf(server, link),
  };
}

function foreignProxy(server: ForeignServer, link: ForeignLink): Finding | undefined {
  if (!server.isProxy) return undefined;
  const port = server.bootServer ? " and answers on port 4011" : "";
  return {
    code: "dhcp.foreign-proxy",
    severity: "warning",
    sentence: `a second proxyDHCP server, ${nameOf(server)}, offers boot files on ${link.device}${port}; a machine takes whichever answers first`,
    cure: "stop one of the two (dnsmasq: the dhcp-range line with ,proxy; others: FOG, WDS, netboot.xyz)",
    ...subjectOf(server, link),
  };
}

function shortLease(server: ForeignServer, link: ForeignLink): Finding | undefined {
  const { leaseSeconds } = server;
  if (leaseSeconds === undefined || leaseSeconds >= shortLeaseSeconds) return undefined;
  return {
    code: "dhcp.short-lease",
    severity: "warning",
    sentence: `DHCP server ${nameOf(server)} gives leases of ${leaseSeconds} s, which end while a machine boots`,
    cure: `set its lease time to ${shortLeaseSeconds} s or more`,
    ...subjectOf(server, link),
  };
}

function noRouter(server: ForeignServer, link: ForeignLink): Finding | undefined {
  if (server.isProxy || server.router !== undefined) return undefined;
  return {
    code: "dhcp.foreign-no-router",
    severity: "info",
    sentence: `DHCP server ${nameOf(server)} names no router, so machines reach this link only`,
    cure: "set option 3 there, if machines are to reach other networks",
    ...subjectOf(server, link),
  };
}

function noResolver(server: ForeignServer, link: ForeignLink): Finding | undefined {
  if (server.isProxy || server.dns.length > 0) return undefined;
  return {
    code: "dhcp.foreign-no-dns",
    severity: "info",
    sentence: `DHCP server ${nameOf(server)} names no resolver, so machines know no names`,
    cure: "set option 6 there; this host, if Kindling's names are wanted",
    ...subjectOf(server, link),
  };
}

function manyServers(servers: readonly ForeignServer[], { device }: ForeignLink): Finding {
  const names = servers.map(nameOf).join(" and ");
  return {
    code: "dhcp.foreign-servers",
    severity: "error",
    sentence: `${servers.length} DHCP servers give addresses on ${device}: ${names}`,
    cure: "leave one of them running, unless they share their leases",
    subject: device,
  };
}

function sendsHere({ nextServer, bootFile: file = "" }: ForeignServer, own: ForeignLink["own"]) {
  if (nextServer !== undefined && own.has(nextServer)) return true;
  const host = /^[a-z]+:\/\/([\d.]+)[:/]/.exec(file)?.[1];
  return [...own].some((address) => formatIpv4(address) === host);
}

function nameOf({ serverId, address }: ForeignServer): string {
  const id = formatIpv4(serverId);
  return address === serverId ? id : `${id} (by way of ${formatIpv4(address)})`;
}

function subjectOf({ serverId }: ForeignServer, { device }: ForeignLink) {
  return { subject: `${device} ${formatIpv4(serverId)}` };
}
