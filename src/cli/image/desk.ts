import { type Command, InvalidArgumentError, Option } from "commander";
import { type ImageArchitecture, ImageArchitectures } from "../../assets/image/image.ts";
import { formatProblems, loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { type ImageHouse, openImages } from "../../daemon-images.ts";
import { KindlingError } from "../../errors.ts";
import { systemClock } from "../../runtime/clock.ts";
import { silentLog } from "../../runtime/log.ts";
import { FileStore } from "../../store/file-store.ts";
import { checkPartial } from "../../text-engines.ts";
import type { CliContext } from "../context.ts";

/** Flags of every verb of `kindling image`. */
export type ImageFlags = {
  readonly config?: string;
  readonly dataFolder?: string;
  readonly output: "table" | "json";
};

/** Flags of verbs that choose an image. */
export type ChoiceFlags = ImageFlags & {
  readonly channel?: string;
  readonly arch?: ImageArchitecture;
};

/** What a verb works with; disposed of when it ends. */
export type Desk = Disposable & {
  readonly config: Config;
  readonly house: ImageHouse;
  readonly catalog: FileStore;
};

/** Exit code of a command that was ended by Ctrl-C. */
export const interrupted = 130;

export function addImageFlags(command: Command): Command {
  return command
    .option("--config <file>", "read settings from this file (or KINDLING_CONFIG)")
    .option("--data-folder <folder>", "instead of the setting data.folder")
    .addOption(
      new Option("-o, --output <format>", "how to print it")
        .choices(["table", "json"])
        .default("table"),
    );
}

export function archOption(): Option {
  return new Option("--arch <name>", "the machines' architecture").choices([...ImageArchitectures]);
}

/** A whole number, for options. */
export function wholeNumber(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("want a whole number up to 9999.");
}

/** Opens folders, recipes and upstreams as the settings say. No daemon is asked: it sees what changes by itself. */
export async function openDesk(flags: ImageFlags, context: CliContext): Promise<Desk> {
  const { environment, signal } = context;
  const given: Record<string, string> = {};
  if (flags.dataFolder !== undefined) given["data.folder"] = flags.dataFolder;
  const file = flags.config === undefined ? {} : { file: flags.config };
  const resolution = await loadConfig({ flags: given, environment, ...file });
  if (resolution.kind === "invalid") {
    throw new KindlingError("config.invalid", `bad configuration\n${formatProblems(resolution)}`);
  }
  const { config } = resolution;
  const house = await openImages(config, { environment, signal });
  const { folder } = config.data;
  const catalog = new FileStore({ folder, clock: systemClock, log: silentLog, checkPartial });
  return {
    ...{ config, house, catalog },
    [Symbol.dispose]() {
      catalog[Symbol.dispose]();
      house[Symbol.dispose]();
    },
  };
}

/** The one JSON object of `-o json`. */
export function printJson(value: unknown, context: CliContext): void {
  context.out.write(`${JSON.stringify(value, null, 2)}\n`);
}
