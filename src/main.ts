/** The one file that knows argv, the environment, signals and how the process ends. */
import { readFileSync } from "node:fs";
import type { CliContext, CliOutput } from "./cli/context.ts";
import { runCli } from "./cli/program.ts";

const stop = new AbortController();
const stopSignals = ["SIGINT", "SIGTERM"] as const;
for (const name of stopSignals) {
  process.on(name, () => {
    // The first asks for a graceful stop, the second ends at once: 128 + the signal's number.
    if (stop.signal.aborted) process.exit(name === "SIGINT" ? 130 : 143);
    stop.abort(name);
  });
}

const manifest: { version: string } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
);
const context: CliContext = {
  version: manifest.version,
  uid: process.getuid?.() ?? 0,
  environment: process.env,
  out: outputOf(process.stdout),
  error: outputOf(process.stderr),
  signal: stop.signal,
  onHangup(task) {
    process.on("SIGHUP", task);
    return { [Symbol.dispose]: () => process.off("SIGHUP", task) };
  },
};
process.exitCode = await runCli(process.argv.slice(2), context);

function outputOf(stream: NodeJS.WriteStream): CliOutput {
  // `kindling … | head` closes our output: no fault of ours, and nobody is left to tell.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(141); // 128 + SIGPIPE
  });
  return {
    write: (text) => stream.write(text),
    isTerminal: stream.isTTY === true,
    columns: stream.columns || 100, // a terminal that was never sized says 0
  };
}
