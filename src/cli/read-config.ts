import { formatProblems, loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { KindlingError } from "../errors.ts";
import type { CliContext } from "./context.ts";

/** The settings of the file and the environment; a bad one is told with every problem. */
export async function readConfig(
  { config: file }: { readonly config?: string },
  { environment }: CliContext,
): Promise<Config> {
  const resolution = await loadConfig({ flags: {}, environment, ...(file && { file }) });
  if (resolution.kind === "valid") return resolution.config;
  throw new KindlingError("config.invalid", `bad configuration\n${formatProblems(resolution)}`);
}
