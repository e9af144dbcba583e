import type { Command } from "commander";
import type { CliContext } from "./context.ts";
export function addLabFlags(command: Command): Command {
  return command;
}
export async function runLabCommand(_o: Record<string, unknown>, _c: CliContext): Promise<number> {
  return 0;
}
