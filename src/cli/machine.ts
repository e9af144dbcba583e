import { type Command, Option } from "commander";
import type { ImageFolders } from "../assets/image/layout.ts";
import { formatProblems, loadConfig } from "../config/load.ts";
import { imageFolders } from "../daemon-loaders.ts";
import { KindlingError } from "../errors.ts";
import type { CliContext } from "./context.ts";
import { folderAt } from "./folder.ts";

/** What of a command line names one machine and the data folder it is looked up in. */
export type MachineFlags = {
  /** The query the machine would ask by. */
  readonly rawQuery: string;
  readonly folder: string;
  /** The setting of this name: it decides what /ignition says. */
  readonly ignitionUpgrade: boolean;
  readonly images: ImageFolders;
};

/** Adds the flags that name a machine as it would name itself. */
export function addMachineFlags(command: Command): Command {
  const label = new Option("--label <name=value>", "a further label; may be repeated");
  return command
    .option("--mac <address>", "the machine's MAC address")
    .option("--uuid <uuid>", "its UUID")
    .addOption(label.argParser((text: string, before: string[] = []) => [...before, text]))
    .option("--config <file>", "read settings from this file")
    .option("--data-folder <folder>", "the catalog's folder, instead of the setting data.folder");
}

/** The flags as they were given; a label without a name is a wrong use. */
export async function readMachineFlags(
  options: Readonly<Record<string, unknown>>,
  { environment }: CliContext,
): Promise<MachineFlags> {
  const file = options["config"];
  const own = options["dataFolder"];
  const flags: Record<string, string> = typeof own === "string" ? { "data.folder": own } : {};
  const places = { flags, environment, ...(typeof file === "string" && { file }) };
  const resolution = await loadConfig(places);
  if (resolution.kind === "invalid") {
    throw new KindlingError("config.invalid", `bad configuration\n${formatProblems(resolution)}`);
  }
  const { data, http } = resolution.config;
  const images = imageFolders(resolution.config);
  const folder = await folderAt(data.folder, "data.folder");
  return { rawQuery: queryOf(options), folder, ignitionUpgrade: http.ignitionUpgrade, images };
}

function queryOf(options: Readonly<Record<string, unknown>>): string {
  const named = ["uuid", "mac"].flatMap((name): [string, string][] => {
    const value = options[name];
    return typeof value === "string" ? [[name, value]] : [];
  });
  const labels = Array.isArray(options["label"]) ? options["label"].map(String) : [];
  const further = labels.map((text): [string, string] => {
    const [name = "", ...value] = text.split("=");
    if (name !== "" && value.length > 0) return [name, value.join("=")];
    throw new KindlingError("usage.invalid", `--label: want name=value, got "${text}"`);
  });
  return [...named, ...further]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
}
