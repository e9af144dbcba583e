import type { Command } from "commander";
import { type ExportFormat, exportFormats, formatExport } from "../dhcp/reservation-export.ts";
import { KindlingError, WireError } from "../errors.ts";
import { systemClock } from "../runtime/clock.ts";
import { parseIpv4 } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";
import { parseUuid } from "../wire/uuid.ts";
import { askDaemon, type SocketFlags } from "./admin-client.ts";
import type { CliContext } from "./context.ts";
import { addImportVerb } from "./dhcp-import.ts";
import { formatLeases, type LeaseRow, sortLeases } from "./lease-table.ts";

/** Makes an action whose exit code is that of the command line. */
export type Act = <Flags>(
  run: (flags: Flags) => Promise<number>,
) => (flags: Flags) => Promise<void>;

type LeaseFlags = SocketFlags & { readonly state?: string; readonly json: boolean };
type ReserveFlags = SocketFlags & {
  readonly hostname?: string;
  readonly fromLease: boolean;
  readonly force: boolean;
};
type ExportFlags = SocketFlags & { readonly format: ExportFormat };

/** What the daemon says of one row. */
export type Outcome =
  | { readonly kind: "done"; readonly row: Row; readonly notes: readonly string[] }
  | { readonly kind: "refused"; readonly reason: string; readonly message: string };

export type Row = {
  readonly mac?: string;
  readonly uuid?: string;
  readonly address?: string;
  readonly hostname?: string;
};

const states = ["offered", "bound", "released", "expired", "declined", "reserved"];

/** Adds the verbs that ask a running daemon for its leases and reservations. */
export function addLeaseVerbs(dhcp: Command, context: CliContext, act: Act): void {
  const verb = (words: string, description: string) =>
    dhcp
      .command(words)
      .description(description)
      .option("--config <file>", "read admin.socket from this file (or KINDLING_CONFIG)")
      .option("--socket <path>", "ask the daemon here");
  verb("leases", "show who has, had or will have which address")
    .addOption(dhcp.createOption("--state <state>", "those in this state only").choices(states))
    .option("--json", "one JSON object instead of the table", false)
    .action(act((flags: LeaseFlags) => showLeases(flags, context)));
  verb("reserve <machine> [address]", "keep an address, a name or both for a machine")
    .option("--hostname <name>", "its name in DNS, and what it is told")
    .option("--from-lease", "keep what it has now", false)
    .option("--force", "also where another machine has the address now", false)
    .action((machine: string, address: string | undefined, given: ReserveFlags) =>
      act((flags: ReserveFlags) => reserve({ machine, address, flags }, context))(given),
    );
  const ending = [
    ["unreserve", "DELETE", "take a reservation away, by machine, address or name"],
    ["release", "POST", "end a lease, by address, MAC or name"],
    ["forget", "POST", "let an address be given again that was found in use"],
  ] as const;
  for (const [name, method, description] of ending) {
    verb(`${name} <word>`, description).action((word: string, given: SocketFlags) =>
      act((flags: SocketFlags) => {
        const one = encodeURIComponent(word);
        const lease = `/v1/leases/${one}/${name}`;
        const path = name === "unreserve" ? `/v1/reservations/${one}` : lease;
        return tellOne(flags, { method, path }, context);
      })(given),
    );
  }
  verb("export", "print the reservations, for another DHCP server too")
    .addOption(
      dhcp.createOption("--format <format>", "as what").choices(exportFormats).default("json"),
    )
    .action(act((flags: ExportFlags) => exportReservations(flags, context)));
  addImportVerb(
    verb("import <file>", "take over another DHCP server's reservations"),
    context,
    act,
  );
}

async function showLeases(flags: LeaseFlags, context: CliContext): Promise<number> {
  const answer = await askDaemon(flags, { path: "/v1/leases" }, context);
  // proven: the daemon's own answer, docs/http-api.md
  const { leases } = answer as { readonly leases: readonly LeaseRow[] };
  const rows = leases.filter(({ state }) => flags.state === undefined || state === flags.state);
  const json = `${JSON.stringify({ leases: sortLeases(rows) }, null, 2)}\n`;
  context.out.write(flags.json ? json : formatLeases(rows, systemClock.now()));
  return 0;
}

async function reserve(
  wish: { machine: string; address: string | undefined; flags: ReserveFlags },
  context: CliContext,
): Promise<number> {
  const { machine, address, flags } = wish;
  const { hostname, fromLease, force } = flags;
  if (address !== undefined) checkAddress(address);
  const body = { reservations: [{ machine, address, hostname, fromLease, force }] };
  const question = { method: "POST", path: "/v1/reservations", body } as const;
  const answer = await askDaemon(flags, question, context);
  // proven: the daemon's own answer, docs/http-api.md
  const { results } = answer as { readonly results: readonly Outcome[] };
  for (const outcome of results) {
    if (outcome.kind === "refused") throw new KindlingError("lease.refused", outcome.message);
    tell(outcome, context);
  }
  return 0;
}

function checkAddress(address: string): void {
  try {
    parseIpv4(address);
  } catch (error) {
    if (error instanceof WireError) throw new KindlingError("usage.invalid", error.message);
    throw error;
  }
}

async function tellOne(
  flags: SocketFlags,
  question: { readonly method: "POST" | "DELETE"; readonly path: string },
  context: CliContext,
): Promise<number> {
  // proven: the daemon's own answer, docs/http-api.md; a refusal is thrown
  tell((await askDaemon(flags, question, context)) as Outcome & { kind: "done" }, context);
  return 0;
}

function tell({ row, notes }: Outcome & { kind: "done" }, context: CliContext): void {
  const { mac, uuid, address, hostname } = row;
  const words = [mac, uuid, address, hostname].filter((word) => word !== undefined);
  context.out.write(`${words.join("  ")}\n`);
  for (const note of notes) context.error.write(`note: ${note}\n`);
}

async function exportReservations(flags: ExportFlags, context: CliContext): Promise<number> {
  const answer = await askDaemon(flags, { path: "/v1/reservations" }, context);
  // proven: the daemon's own answer, docs/http-api.md
  const { reservations } = answer as {
    readonly reservations: readonly (Row & { source: "config" | "state"; shadowedBy?: string })[];
  };
  const rows = reservations
    .filter(({ shadowedBy }) => shadowedBy === undefined)
    .map(({ mac, uuid, address, ...rest }) => ({
      ...rest,
      ...(mac !== undefined && { mac: parseMac(mac) }),
      ...(uuid !== undefined && { uuid: parseUuid(uuid) }),
      ...(address !== undefined && { address: parseIpv4(address) }),
    }));
  context.out.write(formatExport(rows, flags.format));
  return 0;
}
