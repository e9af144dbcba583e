import { readFile } from "node:fs/promises";
import { KindlingError } from "../errors.ts";
import { type ConfigSources, type Resolution, resolveConfig } from "./resolve.ts";

const defaultConfigFile = "/etc/kindling/kindling.yaml";

/** Where to read settings from; without `file` or KINDLING_CONFIG it is the default file, which need not exist. */
export type ConfigPlaces = {
  readonly file?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: Readonly<Record<string, string>>;
};

/** Reads the file, if any, and resolves all sources. A named file that cannot be read is `config.unreadable`. */
export async function loadConfig(places: ConfigPlaces): Promise<Resolution> {
  const file = await readConfigFile(namedFile(places));
  const { environment, flags } = places;
  const sources: ConfigSources = { environment, flags, ...(file ? { file } : {}) };
  return resolveConfig(sources);
}

/** The file to read and to watch. */
export function configFileOf(places: Omit<ConfigPlaces, "flags">): string {
  return namedFile(places) ?? defaultConfigFile;
}

/** The problems of a bad configuration as lines for an operator. */
export function formatProblems(resolution: Extract<Resolution, { kind: "invalid" }>): string {
  return resolution.problems
    .map(({ path, origin, message }) => `${origin}: ${path === "" ? "" : `${path}: `}${message}`)
    .join("\n");
}

function namedFile({ file, environment }: Omit<ConfigPlaces, "flags">): string | undefined {
  return file ?? (environment["KINDLING_CONFIG"] || undefined);
}

async function readConfigFile(named: string | undefined): Promise<ConfigSources["file"]> {
  const name = named ?? defaultConfigFile;
  try {
    return { name, text: await readFile(name, "utf8") };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" && named === undefined) return undefined;
    const cure = "name another with --config or mend its permissions";
    throw new KindlingError(
      "config.unreadable",
      `cannot read the configuration ${name} (${String(code)}): ${cure}`,
      { file: name },
      error,
    );
  }
}
