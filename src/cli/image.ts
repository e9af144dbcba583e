import { type Command, Option } from "commander";
import { type ImageRole, ImageRoles } from "../assets/image/image.ts";
import { KindlingError } from "../errors.ts";
import type { CliContext } from "./context.ts";
import type { Act } from "./dhcp-leases.ts";
import { addCarryVerbs } from "./image/carry.ts";
import {
  addImageFlags,
  archOption,
  type ChoiceFlags,
  type ImageFlags,
  interrupted,
  wholeNumber,
} from "./image/flags.ts";

/** Adds the noun `kindling image`; each of its verbs is one row here, and loaded when it is called. */
export function addImageCommands(program: Command, context: CliContext, act: Act): void {
  const image = program
    .command("image")
    .description("operating systems: fetch, verify, keep and boot them");
  const verb = (words: string, description: string) =>
    addImageFlags(image.command(words).description(description));
  const run = <Flags>(flags: Flags, task: (flags: Flags) => Promise<number>) =>
    act((given: Flags) => endedBySignal(() => task(given), context))(flags);
  verb("ls", "show the images that are here").action((given: ImageFlags) =>
    run(given, async (flags) => (await import("./image/list.ts")).listImages(flags, context)),
  );
  choosing(verb("available [name]", "ask upstreams what there is")).action(
    (name: string | undefined, given: ChoiceFlags) =>
      run(given, async (flags) => {
        return (await import("./image/list.ts")).listAvailable(name, flags, context);
      }),
  );
  choosing(verb("pull <names...>", "fetch images, verify them and show them to machines"))
    .option("--with <role...>", "optional files too, such as disk or iso", readRoles)
    .action((names: string[], given: ChoiceFlags) =>
      run(given, async (flags) => {
        return (await import("./image/pull.ts")).pullImages(names, flags, context);
      }),
    );
  verb("verify [name]", "hash and check again, without a network")
    .addOption(archOption())
    .action((name: string | undefined, given: ChoiceFlags) =>
      run(given, async (flags) => {
        return (await import("./image/verify.ts")).verifyImages(name, flags, context);
      }),
    );
  verb("check [profiles...]", "tell what would go wrong with a boot, before a machine tries it")
    .option("--mac <address>", "the machine, for URLs that name it")
    .option("--uuid <uuid>", "its UUID")
    .option("--ram <MiB>", "its memory", wholeNumber)
    .addOption(new Option("--secure-boot <state>", "its firmware's").choices(["on", "off"]))
    .option("--origin <url>", "where machines reach this host; by default its first interface")
    .option("--offline", "ask for no URL", false)
    .action((names: string[], given: ImageFlags & { readonly offline: boolean }) =>
      run(given, async (flags) => {
        return (await import("./image/check.ts")).checkImages(names, flags, context);
      }),
    );
  addKeepingVerbs(verb, run, context);
  addCarryVerbs({ image, verb, run, context });
}

type Verb = (words: string, description: string) => Command;
type Run = <Flags>(flags: Flags, task: (flags: Flags) => Promise<number>) => Promise<void>;

function addKeepingVerbs(verb: Verb, run: Run, context: CliContext): void {
  verb("use <name>", "let a profile boot an image from now on")
    .addOption(archOption())
    .option("--profile <id>", "the profile; by default named like the image")
    .option("--group <id>", "give this group the profile, and make it where it is missing")
    .option("--select <name=value...>", "the group's selectors, instead of those it has")
    .option("--origin <url>", "where machines reach this host; by default its first interface")
    .option("--dry-run", "only show what would change", false)
    .action((name: string, given: ChoiceFlags & { readonly dryRun: boolean }) =>
      run(given, async (flags) => (await import("./image/use.ts")).useImage(name, flags, context)),
    );
  verb("pin <name>", "keep an image, whatever gc is told")
    .addOption(archOption())
    .option("--remove", "let it go again", false)
    .action((name: string, given: ChoiceFlags & { readonly remove: boolean }) =>
      run(given, async (flags) => (await import("./image/keep.ts")).pinImage(name, flags, context)),
    );
  verb("gc", "remove old versions: not the newest, pinned or used ones")
    .option("--keep <n>", "how many versions stay, instead of images.keep", wholeNumber)
    .option("--dry-run", "only show what would go", false)
    .action((given: ImageFlags & { readonly dryRun: boolean }) =>
      run(given, async (flags) => (await import("./image/keep.ts")).collectImages(flags, context)),
    );
  verb("rm <name>", "remove one image; refused while a profile boots it")
    .addOption(archOption())
    .action((name: string, given: ChoiceFlags) =>
      run(given, async (flags) => {
        return (await import("./image/keep.ts")).removeImage(name, flags, context);
      }),
    );
}

function choosing(command: Command): Command {
  const channel = "one of the recipe's channels; by default the first";
  return command.option("--channel <name>", channel).addOption(archOption());
}

function readRoles(text: string, before: readonly ImageRole[] = []): readonly ImageRole[] {
  const role = ImageRoles.find((one) => one === text);
  if (role !== undefined) return [...before, role];
  const message = `--with: want one of ${ImageRoles.join(", ")}, got "${text}"`;
  throw new KindlingError("usage.invalid", message);
}

// Ctrl-C breaks off whatever is waited for; what was fetched by then is kept.
async function endedBySignal(task: () => Promise<number>, context: CliContext): Promise<number> {
  try {
    return await task();
  } catch (error) {
    if (!context.signal.aborted) throw error;
    context.error.write("kindling: ended; what was fetched stays for the next pull\n");
    return interrupted;
  }
}
