import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import {
  guessFormat,
  type ImportFormat,
  importFormats,
  parseImport,
} from "../dhcp/reservation-import/format.ts";
import {
  type Found,
  type FoundHost,
  importLimit,
  LeftReasons,
} from "../dhcp/reservation-import/found.ts";
import { KindlingError } from "../errors.ts";
import { wishLimit } from "../http/reserve-wish.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import { askDaemon, type SocketFlags } from "./admin-client.ts";
import { formatColumns } from "./columns.ts";
import type { CliContext } from "./context.ts";
import type { Act, Outcome } from "./dhcp-leases.ts";

/** Exit code of an import that left something out: no failure, and not "all of it". */
const someLeft = 10;

type ImportFlags = SocketFlags & {
  readonly format: ImportFormat | "auto";
  readonly dryRun: boolean;
  readonly write: "config" | "state";
};

type FoundRow = Extract<Found, { kind: "host" }>;

/** Adds the flags of `kindling dhcp import`. */
export function addImportVerb(command: Command, context: CliContext, act: Act): void {
  const formats = [...importFormats, "auto"];
  const where = "config prints rows for the settings file, state keeps them in the daemon";
  command
    .addOption(
      command.createOption("--format <format>", "whose file").choices(formats).default("auto"),
    )
    .addOption(
      command.createOption("--write <place>", where).choices(["config", "state"]).default("config"),
    )
    .option("--dry-run", "with --write state: ask the daemon, and change nothing", false)
    .action((file: string, given: ImportFlags) =>
      act((flags: ImportFlags) => runImport(file, flags, context))(given),
    );
}

async function runImport(file: string, flags: ImportFlags, context: CliContext): Promise<number> {
  const text = await readImport(file);
  const format = flags.format === "auto" ? guessFormat(text) : flags.format;
  const found = parseImport(text, format);
  const rows = found.filter((one): one is FoundRow => one.kind === "host" && !isEmpty(one.host));
  const outcomes = flags.write === "state" ? await keep(rows, flags, context) : [];
  const outcomeOf = new Map<Found, Outcome | undefined>(rows.map((row, at) => [row, outcomes[at]]));
  const story = found.flatMap((one) => linesOf(one, outcomeOf.get(one)));
  const table = formatColumns([["LINE", "TAKEN", "WHAT", "HOW, OR WHY NOT"], ...story]);
  const left = story.filter(([, taken]) => taken !== "yes").length;
  const sum = `${format}: ${rows.length} reservations found, ${left} lines or parts need a look\n`;
  // The rows alone go to standard output, so that they can be appended to a file.
  if (flags.write === "config") {
    context.error.write(`${table}${sum}`);
    context.out.write(formatConfigRows(rows.map(({ host }) => host)));
  } else context.out.write(`${table}${sum}`);
  return left === 0 ? 0 : someLeft;
}

async function readImport(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const cure = "name a file that can be read";
    const message = `cannot read ${file} (${systemErrorCode(error)}): ${cure}`;
    throw new KindlingError("config.unreadable", message, { file }, error);
  });
  if (text.length <= importLimit) return text;
  const message = `want at most ${importLimit} characters, ${file} has ${text.length}; split it`;
  throw new KindlingError("config.unreadable", message, { file });
}

async function keep(
  rows: readonly FoundRow[],
  flags: ImportFlags,
  context: CliContext,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let at = 0; at < rows.length; at += wishLimit) {
    const part = rows.slice(at, at + wishLimit);
    const reservations = part.flatMap(({ host }) => (host.mac ? [wishOf(host)] : []));
    const body = { reservations, dryRun: flags.dryRun };
    const question = { method: "POST", path: "/v1/reservations", body } as const;
    const answer = await askDaemon(flags, question, context);
    // proven: the daemon's own answer, docs/http-api.md
    const results = (answer as { readonly results: readonly Outcome[] }).results.values();
    for (const { host } of part) outcomes.push((host.mac && results.next().value) || notByMac);
  }
  return outcomes;
}

const notByMac: Outcome = {
  kind: "refused",
  reason: "identifier",
  message: "the daemon keeps machines by MAC or UUID; take the row of --write config",
};

function wishOf({ mac, address, hostname }: FoundHost): Record<string, unknown> {
  return { machine: mac, hostname, ...(address !== undefined && { address: formatIpv4(address) }) };
}

function linesOf(found: Found, outcome: Outcome | undefined): readonly (readonly string[])[] {
  const line = String(found.line);
  if (found.kind === "setting") return [[line, "by hand", found.text, found.setting]];
  if (found.kind === "left") return [[line, "no", found.text, LeftReasons[found.reason]]];
  const { mac, clientId, circuitId, address, hostname } = found.host;
  const who = mac ?? (clientId === undefined ? `circuit-id ${circuitId}` : `client-id ${clientId}`);
  const at = address === undefined ? undefined : formatIpv4(address);
  const what = [who, at, hostname].filter((word) => word !== undefined).join(" ");
  const parts = found.left.map(({ text, reason }) => [line, "no", text, LeftReasons[reason]]);
  if (outcome?.kind === "refused") return [[line, "no", what, outcome.message], ...parts];
  if (isEmpty(found.host)) return [[line, "no", what, "neither an address nor a name"], ...parts];
  return [[line, "yes", what, outcome?.notes.join("; ") ?? ""], ...parts];
}

function isEmpty({ address, hostname }: FoundHost): boolean {
  return address === undefined && hostname === undefined;
}

/** Rows for `dhcp.reservations` of the settings file, which is YAML. */
function formatConfigRows(hosts: readonly FoundHost[]): string {
  const rows = hosts.map(({ mac, clientId, circuitId, address, hostname }) => {
    const words = [
      ...(mac === undefined ? [] : [`mac: "${mac}"`]),
      ...(clientId === undefined ? [] : [`clientId: "hex:${clientId}"`]),
      ...(circuitId === undefined ? [] : [`circuitId: "hex:${circuitId}"`]),
      ...(address === undefined ? [] : [`address: ${formatIpv4(address)}`]),
      ...(hostname === undefined ? [] : [`hostname: "${hostname}"`]),
    ];
    return `    - { ${words.join(", ")} }\n`;
  });
  return `dhcp:\n  reservations:\n${rows.join("")}`;
}
