import type { Command } from "commander";
import type { Install } from "../boot/install.ts";
import { systemClock } from "../runtime/clock.ts";
import { askDaemon, type SocketFlags } from "./admin-client.ts";
import { formatColumns } from "./columns.ts";
import type { CliContext } from "./context.ts";
import type { Act } from "./dhcp-leases.ts";
import { spanInWords } from "./lease-table.ts";

type InstallRow = Install & { readonly mac: string };
type ListFlags = SocketFlags & { readonly json: boolean };

/** Adds the noun `kindling machine`: which machines were installed, and which shall be again. */
export function addMachineCommands(program: Command, context: CliContext, act: Act): void {
  const machine = program
    .command("machine")
    .description("how far installations are, and who shall have another");
  const verb = (words: string, description: string) =>
    machine
      .command(words)
      .description(description)
      .option("--config <file>", "read admin.socket from this file (or KINDLING_CONFIG)")
      .option("--socket <path>", "ask the daemon here");
  verb("installs", "show the machines that are installed once, and how far each is")
    .option("--json", "one JSON object instead of the table", false)
    .action(act((flags: ListFlags) => showInstalls(flags, context)));
  verb("reinstall <mac>", "let the machine's next boot from the network install it again").action(
    (mac: string, given: SocketFlags) =>
      act(async (flags: SocketFlags) => {
        const path = `/v1/installs/${encodeURIComponent(mac)}`;
        await askDaemon(flags, { method: "DELETE", path }, context);
        context.out.write(`${mac} is installed again when it next boots from the network\n`);
        return 0;
      })(given),
  );
}

async function showInstalls(flags: ListFlags, context: CliContext): Promise<number> {
  const answer = await askDaemon(flags, { path: "/v1/installs" }, context);
  // proven: the daemon's own answer, docs/http-api.md
  const { installs } = answer as { readonly installs: readonly InstallRow[] };
  const rows = [...installs].sort((a, b) => (a.mac < b.mac ? -1 : 1));
  const json = `${JSON.stringify({ installs: rows }, null, 2)}\n`;
  context.out.write(flags.json ? json : formatInstallTable(rows, systemClock.now()));
  return 0;
}

/** One line a machine; ages are counted from `now`. */
export function formatInstallTable(rows: readonly InstallRow[], now: number): string {
  const head = ["MAC", "STAGE", "SINCE", "TRIES", "GENERATION", "MESSAGE"];
  const lines = rows.map(({ mac, stage, at, starts, generation, message = "-" }) => {
    const since = spanInWords(Math.min(0, at - now));
    return [mac, stage, since, String(starts.length), generation, message];
  });
  return formatColumns([head, ...lines]);
}
