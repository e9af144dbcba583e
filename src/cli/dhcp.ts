import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { type Command, Option } from "commander";
import type { Config } from "../config/schema.ts";
import { openProbe } from "../dhcp/probe.ts";
import { type LinkReport, reportJson, reportLink, reportRows } from "../dhcp/probe-report.ts";
import { RouterProducts, routerProducts } from "../dhcp/router-config/products.ts";
import { routerHost } from "../dhcp/router-config/router-host.ts";
import { KindlingError } from "../errors.ts";
import { systemClock } from "../runtime/clock.ts";
import { findInterfaces, type ServedInterface } from "../runtime/interfaces.ts";
import { findPortHolders } from "../runtime/port-holder.ts";
import { formatColumns } from "./columns.ts";
import type { CliContext } from "./context.ts";
import { type Act, addLeaseVerbs } from "./dhcp-leases.ts";
import { readConfig } from "./read-config.ts";

/** Exit code of a look that met another server: no failure, and not "nobody". */
const othersFound = 10;

type LinkFlags = { readonly config?: string; readonly interface?: readonly string[] };
type ProbeFlags = LinkFlags & { readonly json: boolean; readonly timeout: string };
type RouterFlags = LinkFlags & { readonly for: string };

/** Adds the noun `kindling dhcp`; each of its verbs is one row here. */
export function addDhcpCommands(program: Command, context: CliContext, act: Act): void {
  const dhcp = program
    .command("dhcp")
    .description("what stands on the links, who has which address, and what is kept for whom");
  addLeaseVerbs(dhcp, context, act);
  const verb = (name: string, description: string) =>
    dhcp
      .command(name)
      .description(description)
      .option("--config <file>", "read settings from this file (or KINDLING_CONFIG)")
      .option("--interface <name...>", "a link; those of the settings, else all of this host");
  verb("probe", "look who gives addresses and boot files; takes no lease")
    .option("--timeout <seconds>", "how long to listen", "6")
    .option("--json", "one JSON object instead of the table", false)
    .action(act((flags: ProbeFlags) => probeLinks(flags, context)));
  verb("router-config", "print what another DHCP server needs, so that machines boot from here")
    .addOption(
      new Option("--for <product>", "whose DHCP server it is")
        .choices([...routerProducts, "all"])
        .default("all"),
    )
    .action(act((flags: RouterFlags) => printRouterConfig(flags, context)));
}

async function probeLinks(flags: ProbeFlags, context: CliContext): Promise<number> {
  const seconds = Number(flags.timeout);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 600) {
    throw new KindlingError("usage.invalid", `--timeout: want 1 to 600, got "${flags.timeout}"`);
  }
  const links = linksOf(flags, await readConfig(flags, context));
  const own = new Set(links.map(({ address }) => address));
  const reports = await Promise.all(links.map((link) => lookAt(link, own, seconds * 1000)));
  const ports = await portNotes();
  context.out.write(flags.json ? toJson(reports, ports) : toText(reports, ports));
  return reports.some(({ servers }) => servers.length > 0) ? othersFound : 0;
}

async function lookAt(
  { device, address }: ServedInterface,
  own: ReadonlySet<ServedInterface["address"]>,
  listenMs: number,
): Promise<LinkReport> {
  const deps = { device, address, kind: "look", clock: systemClock, random: randomBytes } as const;
  await using probe = await openProbe(deps);
  return reportLink(device, await probe.ask(listenMs), own);
}

// What would keep a Kindling from serving here, or is one that serves already.
async function portNotes(): Promise<readonly string[]> {
  const notes = [67, 4011].map(async (port) => {
    const holders = await findPortHolders(port, "udp");
    return holders.map(
      ({ name, pid }) => `UDP ${port} of this host is held by ${name}, pid ${pid}`,
    );
  });
  return (await Promise.all(notes)).flat();
}

function toText(reports: readonly LinkReport[], ports: readonly string[]): string {
  const rows = reportRows(reports);
  const sections = [
    ...(rows.length === 0 ? [] : [formatColumns(rows).trimEnd()]),
    ...reports.flatMap(({ findings }) =>
      findings.map(({ severity, sentence, cure }) => `${severity}: ${sentence}\n  cure: ${cure}`),
    ),
    ...ports,
    ...reports.map(({ device, advice }) => `${device}: ${advice}`),
  ];
  return `${sections.join("\n")}\n`;
}

function toJson(reports: readonly LinkReport[], ports: readonly string[]): string {
  return `${JSON.stringify({ interfaces: reports.map(reportJson), ports }, null, 2)}\n`;
}

async function printRouterConfig(flags: RouterFlags, context: CliContext): Promise<number> {
  const config = await readConfig(flags, context);
  const wanted = routerProducts.filter((name) => flags.for === "all" || flags.for === name);
  for (const { device, address, subnet } of linksOf(flags, config)) {
    const host = routerHost({ server: address, subnet, httpPort: config.http.port });
    for (const name of wanted) {
      const { title, format } = RouterProducts[name];
      const head = flags.for === "all" ? `== ${title}, for ${device}\n` : "";
      context.out.write(`${head}${format(host)}\n${flags.for === "all" ? "\n" : ""}`);
    }
  }
  return 0;
}

function linksOf(flags: LinkFlags, config: Config): readonly ServedInterface[] {
  const named = flags.interface ?? config.interfaces;
  if (named.length > 0) return findInterfaces(named);
  const devices = Object.entries(networkInterfaces()).flatMap(([device, entries = []]) => {
    return entries.some(({ family, internal }) => family === "IPv4" && !internal) ? [device] : [];
  });
  if (devices.length > 0) return findInterfaces(devices);
  const message = "no interface of this host has an IPv4 address; name one with --interface";
  throw new KindlingError("interface.no-address", message);
}
