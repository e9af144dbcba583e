import { Command, CommanderError, Option } from "commander";
import { ErrorTable, KindlingError } from "../errors.ts";
import { runCheck } from "./check.ts";
import type { CliContext } from "./context.ts";
import { addLabFlags, runLabCommand } from "./lab.ts";
import { runServe } from "./serve.ts";
import { addSettingFlags, readSettingFlags } from "./settings.ts";

/** Runs one command line (without the program's own name) and returns its exit code. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  let exitCode = 0;
  const act = (run: (options: Record<string, unknown>) => Promise<number>) => {
    return async (options: Record<string, unknown>) => {
      exitCode = await run(options);
    };
  };
  const program = new Command("kindling")
    .description("Turns an empty LAN into booted machines.")
    .version(context.version, "--version")
    .exitOverride()
    .configureOutput({ writeOut: context.out.write, writeErr: context.error.write });
  addSettingFlags(
    program.command("serve").description("serve the named interfaces until stopped"),
  ).action(act((options) => runServe(readSettingFlags(options), context)));
  addSettingFlags(
    program.command("check").description("show and check the effective configuration"),
  )
    .addOption(outputOption())
    .action(
      act((options) =>
        runCheck(
          {
            ...readSettingFlags(options),
            json: options["output"] === "json",
          },
          context,
        ),
      ),
    );
  addLabFlags(program.command("lab").description("boot virtual machines on a virtual LAN")).action(
    act((options) => runLabCommand(options, context)),
  );
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    return tell(error, context);
  }
  return exitCode;
}

function outputOption(): Option {
  const option = new Option("-o, --output <format>", "how to print it");
  return option.choices(["table", "json"]).default("table");
}

function tell(error: unknown, context: CliContext): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has printed it
  if (!(error instanceof KindlingError)) throw error;
  context.error.write(`kindling: ${error.message}\n`);
  return ErrorTable[error.code].exit;
}
