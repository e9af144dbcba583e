import { type Command, InvalidArgumentError, Option } from "commander";
import { type ImageArchitecture, ImageArchitectures } from "../../assets/image/image.ts";

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
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("want a whole number.");
}
