import { readFile } from "node:fs/promises";
import { formatProblems, loadConfig } from "../config/load.ts";
import { describeHolder, wantedPorts } from "../config/ports.ts";
import type { ValidConfig } from "../config/resolve.ts";
import type { Config } from "../config/schema.ts";
import { fitSettings } from "../daemon-settings.ts";
import { ErrorTable, KindlingError } from "../errors.ts";
import { describeExpiry } from "../rpc/credential-set.ts";
import { readCredentials } from "../rpc/credentials.ts";
import { findInterfaces, type ServedInterface } from "../runtime/interfaces.ts";
import { findPortHolders } from "../runtime/port-holder.ts";
import { type CheckFinding, checkCatalog } from "./check-catalog.ts";
import { checkClusters } from "./check-clusters.ts";
import type { CliContext } from "./context.ts";
import { checkLoaders } from "./loader-check.ts";
import { isTaken } from "./port-trial.ts";
import type { SettingFlags } from "./settings.ts";

/** `kindling check`: the effective configuration, where each value came from, and what would stop it. */
export async function runCheck(
  settings: SettingFlags & { readonly json: boolean },
  context: CliContext,
): Promise<number> {
  const resolution = await loadConfig({ ...settings, environment: context.environment });
  if (resolution.kind === "invalid") {
    const text = settings.json
      ? `${JSON.stringify({ valid: false, problems: resolution.problems }, null, 2)}\n`
      : `bad configuration\n${formatProblems(resolution)}\n`;
    (settings.json ? context.out : context.error).write(text);
    return ErrorTable["config.invalid"].exit;
  }
  const links = checkInterfaces(resolution);
  const ports = await checkPorts(resolution.config, links.served);
  const certificates = await checkCertificates(resolution.config);
  const catalog = await checkCatalog(resolution.config.data.folder);
  // A chain that lacks a file stops no start; the machines get what there is.
  const loaders = (await checkLoaders(resolution.config)).map((message) => ({ message, exit: 0 }));
  const clusters = await checkClusters(resolution.config.state.folder, Date.now());
  const findings = [links.findings, ports, certificates, catalog, loaders, clusters].flat();
  context.out.write(settings.json ? toJson(resolution, findings) : toTable(resolution, findings));
  return Math.max(0, ...findings.map((finding) => finding.exit));
}

function checkInterfaces(configuration: ValidConfig): {
  served: readonly ServedInterface[];
  findings: readonly CheckFinding[];
} {
  const { interfaces } = configuration.config;
  if (interfaces.length === 0) {
    const message = "no interface is named: give --interface eth1 or set interfaces";
    return { served: [], findings: [{ message, exit: ErrorTable["config.invalid"].exit }] };
  }
  const served: ServedInterface[] = [];
  const findings = interfaces.flatMap((device) => {
    return findingOf(() => served.push(...findInterfaces([device])));
  });
  if (findings.length > 0) return { served, findings };
  return { served, findings: findingOf(() => fitSettings(configuration, served)) };
}

function findingOf(attempt: () => unknown): CheckFinding[] {
  try {
    attempt();
    return [];
  } catch (error) {
    if (!(error instanceof KindlingError)) throw error;
    return [{ message: error.message, exit: ErrorTable[error.code].exit }];
  }
}

async function checkPorts(
  config: Config,
  served: readonly ServedInterface[],
): Promise<CheckFinding[]> {
  const findings: CheckFinding[] = [];
  for (const wanted of wantedPorts(config)) {
    const holders = await findPortHolders(wanted.port, wanted.protocol);
    if (holders.length === 0 || !(await isTaken(wanted, served))) continue;
    const exit = ErrorTable["port.in-use"].exit;
    findings.push({ message: describeHolder(wanted, holders), exit });
  }
  return findings;
}

async function checkCertificates({ rpc }: Config): Promise<CheckFinding[]> {
  if (rpc.port === 0) return [];
  try {
    await readCredentials(rpc);
  } catch (error) {
    if (!(error instanceof KindlingError)) throw error;
    return [{ message: error.message, exit: ErrorTable[error.code].exit }];
  }
  const found = [rpc.certFile, rpc.caFile].map(async (file) => {
    const expiry = describeExpiry(file, await readFile(file, "utf8"), Date.now());
    const exit = expiry?.kind === "expired" ? ErrorTable["tls.unusable"].exit : 0;
    return expiry === undefined ? [] : [{ message: expiry.message, exit }];
  });
  return (await Promise.all(found)).flat();
}

function toTable(resolution: ValidConfig, findings: readonly CheckFinding[]): string {
  const rows = [...resolution.given].map(([path, value]) => [
    path,
    value === undefined ? "-" : JSON.stringify(value),
    resolution.origins.get(path) ?? "default",
  ]);
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [first, second] = [width(0), Math.min(60, width(1))];
  const lines = rows.map(([path = "", value = "", origin = ""]) => {
    return `${path.padEnd(first)}  ${value.padEnd(second)}  ${origin}`;
  });
  const { inTheWay, notes } = sortFindings(findings);
  const section = (head: string, messages: readonly string[]) => {
    return messages.length === 0 ? [] : ["", head, ...messages.map((message) => `  ${message}`)];
  };
  const verdict =
    inTheWay.length === 0
      ? ["", "ok: nothing stands in the way"]
      : section("in the way:", inTheWay);
  return `${[...lines, ...verdict, ...section("to note:", notes)].join("\n")}\n`;
}

function toJson(resolution: ValidConfig, findings: readonly CheckFinding[]): string {
  const settings = [...resolution.given].map(([path, value]) => {
    return { path, value: value ?? null, origin: resolution.origins.get(path) };
  });
  const { inTheWay, notes } = sortFindings(findings);
  const body = { valid: true, settings, findings: inTheWay, notes };
  return `${JSON.stringify(body, null, 2)}\n`;
}

function sortFindings(findings: readonly CheckFinding[]) {
  const { inTheWay = [], notes = [] } = Object.groupBy(findings, ({ exit }) =>
    exit === 0 ? "notes" : "inTheWay",
  );
  const messages = (found: readonly CheckFinding[]) => found.map(({ message }) => message);
  return { inTheWay: messages(inTheWay), notes: messages(notes) };
}
