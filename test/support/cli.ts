import type { CliContext, CliOutput } from "../../src/cli/context.ts";
import { runCli } from "../../src/cli/program.ts";

/** Runs one command line as a shell would, with nothing in the environment, until it is told to stop. */
export async function runLine(argv: readonly string[], signal = new AbortController().signal) {
  const written = { out: "", error: "" };
  const output = (to: "out" | "error"): CliOutput => ({
    write: (text) => {
      written[to] += Buffer.from(text).toString("utf8");
    },
    isTerminal: false,
    columns: 100,
  });
  const context: CliContext = {
    ...{ version: "9.9.9", uid: 0, environment: {} },
    ...{ out: output("out"), error: output("error") },
    signal,
    onHangup: () => ({ [Symbol.dispose]: () => {} }),
  };
  return { exit: await runCli(argv, context), ...written };
}
