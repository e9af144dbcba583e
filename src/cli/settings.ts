import { type Command, Option } from "commander";
import { type Leaf, leaves } from "../config/leaves.ts";

/** What the setting flags of one call gave. */
export type SettingFlags = {
  readonly file?: string;
  readonly flags: Readonly<Record<string, string>>;
};

/** Adds `--config` and a flag for each setting of the schema. */
export function addSettingFlags(command: Command): Command {
  command.option("--config <file>", "read settings from this file (or KINDLING_CONFIG)", undefined);
  for (const leaf of leaves) command.addOption(toOption(leaf));
  return command;
}

/** Sorts the parsed options of a command into settings by path. */
export function readSettingFlags(options: Readonly<Record<string, unknown>>): SettingFlags {
  const flags: Record<string, string> = {};
  for (const leaf of leaves) {
    const value = options[toOption(leaf).attributeName()];
    if (typeof value === "string") flags[leaf.path] = value;
  }
  const file = options["config"];
  return { flags, ...(typeof file === "string" ? { file } : {}) };
}

function toOption(leaf: Leaf): Option {
  const preset =
    leaf.preset === undefined || leaf.preset === ""
      ? ""
      : ` (default ${JSON.stringify(leaf.preset)})`;
  const option = new Option(`${leaf.flag} <value>`, `${leaf.help} Wants ${leaf.want}${preset}.`);
  if (leaf.kind === "list") {
    option.argParser((value: string, before: string | undefined) =>
      before === undefined ? value : `${before},${value}`,
    );
  }
  return option;
}
