import { Command, CommanderError, Option } from "commander";
import { ErrorTable, KindlingError } from "../errors.ts";
import { runCheck } from "./check.ts";
import { addClusterCommands } from "./cluster.ts";
import type { CliContext } from "./context.ts";
import { addDhcpCommands } from "./dhcp.ts";
import { addExplainFlags, runExplain } from "./explain.ts";
import { addImageCommands } from "./image.ts";
import { addImportFlags, runImport } from "./import.ts";
import { addLabFlags, runLabCommand } from "./lab.ts";
import { addMachineCommands } from "./machine-installs.ts";
import { addOciCommands } from "./oci.ts";
import { addRenderFlags, runRender } from "./render.ts";
import { addRpcCommands } from "./rpc.ts";
import { runServe } from "./serve.ts";
import { addSettingFlags, readSettingFlags } from "./settings.ts";
import { addTlsCommands } from "./tls.ts";

/** Makes an action whose exit code is that of the command line. */
type Act = <Flags = Record<string, unknown>>(
  run: (options: Flags) => Promise<number>,
) => (options: Flags) => Promise<void>;

/** Runs one command line (without the program's own name) and returns its exit code. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  let exitCode = 0;
  const act: Act = (run) => async (options) => {
    exitCode = await run(options);
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
  addRpcCommands(program, context);
  addTlsCommands(program, context);
  addDhcpCommands(program, context, act);
  addMachineCommands(program, context, act);
  addImageCommands(program, context, act);
  addOciCommands(program, context, act);
  addCatalogCommands(program, context, act);
  addClusterCommands(program, context, act);
  program.command("bootcmd").description("matchbox's example client, for scripts that call it");
  program.command("matchbox").description("matchbox's HTTP service alone, by matchbox's flags");
  // Their flags and exit codes are their own, so their words are not for the parser below.
  if (argv[0] === "bootcmd") {
    const { runBootcmd } = await import("./bootcmd.ts");
    return await runBootcmd(argv.slice(1), context);
  }
  if (argv[0] === "matchbox") {
    const { runMatchbox } = await import("./matchbox.ts");
    return await runMatchbox(argv.slice(1), context);
  }
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

function addCatalogCommands(program: Command, context: CliContext, act: Act): void {
  addRenderFlags(
    program.command("render").description("print what a machine would be told"),
  ).action(act((options) => runRender(options, context)));
  addExplainFlags(
    program.command("explain").description("tell why a machine gets what it gets"),
  ).action(act((options) => runExplain(options, context)));
  addImportFlags(program.command("import").description("check and take over a data folder")).action(
    (from: string, folder: string, options: Record<string, unknown>) =>
      act(() => runImport([from, folder], options, context))(options),
  );
}

function tell(error: unknown, context: CliContext): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has printed it
  if (wasStopped(error, context.signal)) {
    context.error.write(`kindling: stopped by ${context.signal.reason}\n`);
    return context.signal.reason === "SIGINT" ? 130 : 143;
  }
  if (!(error instanceof KindlingError)) throw error;
  context.error.write(`kindling: ${error.message}\n`);
  return ErrorTable[error.code].exit;
}

/** Whatever was under way when the signal came failed of it, by whatever name. */
function wasStopped(error: unknown, { aborted, reason }: AbortSignal): boolean {
  const isOfSignal = error === reason || (error instanceof Error && error.name === "AbortError");
  return aborted && (isOfSignal || error instanceof KindlingError);
}
