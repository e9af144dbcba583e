import type { Command } from "commander";
import { KindlingError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import type { ExportFlags } from "./export.ts";
import { archOption } from "./flags.ts";
import type { ImportFlags } from "./import.ts";

/** What the verbs of `kindling image` are made with. */
export type CarryDeps = {
  readonly image: Command;
  readonly verb: (words: string, description: string) => Command;
  readonly run: <Flags>(flags: Flags, task: (flags: Flags) => Promise<number>) => Promise<void>;
  readonly context: CliContext;
};

/** Adds the verbs that carry images to a place without a network and in there. */
export function addCarryVerbs({ image, verb, run, context }: CarryDeps): void {
  // `-o` is a file here, as with every program that writes one.
  image
    .command("export <names...>")
    .description("write images into one file, for a place without a network")
    .option("--config <file>", "read settings from this file (or KINDLING_CONFIG)")
    .option("--data-folder <folder>", "instead of the setting data.folder")
    .requiredOption("-o, --output <file>", "what the bundle is called")
    .addOption(archOption())
    .action((names: string[], given: ExportFlags) =>
      run(given, async (flags) => {
        return (await import("./export.ts")).exportImages(names, flags, context);
      }),
    );
  verb("import <files...>", "bring in a bundle, an installation ISO, or files of an image")
    .option("--sha256 <hash>", "what it has to be; once for each file, in their order", readHash)
    .option("--sums <file>", "a list of checksums; by default the SHA256SUMS beside it")
    .option("--as <name@version>", "what it is, where it does not say so itself")
    .addOption(archOption())
    .option("--repacked", "take a bundle that another program packed, without its seal", false)
    .option("--dry-run", "read and check all of it, and write nothing", false)
    .action((files: string[], given: ImportFlags) =>
      run(given, async (flags) => {
        return (await import("./import.ts")).importImages(files, flags, context);
      }),
    );
}

function readHash(text: string, before: readonly string[] = []): readonly string[] {
  if (/^[0-9a-f]{64}$/i.test(text)) return [...before, text.toLowerCase()];
  throw new KindlingError("usage.invalid", `--sha256: want 64 hexadecimal digits, got "${text}"`);
}
