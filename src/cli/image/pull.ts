import type { ImageRole } from "../../assets/image/image.ts";
import { parseImageRef } from "../../assets/image/layout.ts";
import { bytesOf } from "../../assets/image/manifest.ts";
import {
  addSample,
  formatBytes,
  formatProgress,
  formatSeconds,
  type ImageProgress,
  type RateSample,
  rateOf,
} from "../../assets/image/progress.ts";
import { pullImage } from "../../assets/image/pull.ts";
import { chooseFiles } from "../../assets/image/resolve.ts";
import { assertNever } from "../../errors.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { CliContext } from "../context.ts";
import { type Desk, openDesk, printJson } from "./desk.ts";
import type { ChoiceFlags } from "./flags.ts";

export type PullFlags = ChoiceFlags & { readonly with?: readonly ImageRole[] };

/** How often a line of progress is written where no terminal is, and a bar is drawn where one is. */
const lineMs = 10_000;
const barMs = 100;

/** `kindling image pull`: fetches images, checks them, and shows them to machines. */
export async function pullImages(
  names: readonly string[],
  flags: PullFlags,
  context: CliContext,
): Promise<number> {
  using desk = await openDesk(flags, context);
  const pulled = [];
  for (const name of names) pulled.push(await pullOne(desk, { name, flags }, context));
  if (flags.output === "json") {
    printJson({ images: pulled.map(({ kind, image }) => ({ kind, ...image.manifest })) }, context);
  }
  return 0;
}

async function pullOne(
  { house }: Desk,
  { name, flags }: { readonly name: string; readonly flags: PullFlags },
  context: CliContext,
) {
  const ref = parseImageRef(name);
  const recipe = await house.recipes.find(ref.name);
  const chosen = chooseFiles(recipe, flags.with ?? []);
  const { version } = ref;
  const channel = flags.channel ?? recipe.channels[0] ?? "";
  const wish = { channel, arch: flags.arch ?? "x86_64", ...(version !== undefined && { version }) };
  const story = new PullStory(context, systemClock.now);
  const deps = house.depsFor(recipe, (progress) => story.tell(progress));
  const pulled = await pullImage({ recipe: chosen, wish }, deps).finally(() => story.end());
  const { id, manifest } = pulled.image;
  const what = `${id.name}@${id.version} ${id.arch}`;
  const told =
    pulled.kind === "present" ? "is here already" : `is here: ${manifest.files.length} files`;
  if (flags.output === "table") {
    context.out.write(
      `${what} ${told}, ${formatBytes(bytesOf(manifest))}; kindling image use ${id.name}@${id.version} boots it\n`,
    );
  }
  return pulled;
}

/** Tells how far a pull is: a bar that is drawn over on a terminal, lines elsewhere. */
class PullStory {
  readonly #context: CliContext;
  readonly #now: () => number;
  #samples: readonly RateSample[] = [];
  #file = "";
  #told = 0;
  #barDrawn = false;

  constructor(context: CliContext, now: () => number) {
    this.#context = context;
    this.#now = now;
  }

  tell(progress: ImageProgress): void {
    switch (progress.kind) {
      case "resolving":
        this.#line(`${progress.image}: reading its index`);
        break;
      case "resolved":
        this.#line(`${progress.image}: ${progress.files} files`);
        break;
      case "fetching":
        this.#fetching(progress);
        break;
      case "unpacking":
        this.#fetching({ ...progress, kind: "fetching", resumed: 0 });
        break;
      case "note":
        this.#line(`note: ${progress.sentence}`);
        break;
      case "broke":
        this.#line(`${progress.file}: ${progress.reason}; trying on`);
        break;
      case "verified": {
        const { file, bytes, by } = progress;
        this.#line(`${file}: ${formatBytes(bytes)}, ${by}`);
        break;
      }
      default:
        assertNever(progress);
    }
  }

  /** Leaves the terminal's cursor at the beginning of an empty line. */
  end(): void {
    if (this.#barDrawn) this.#context.error.write("\r\x1b[K");
    this.#barDrawn = false;
  }

  #fetching(progress: Extract<ImageProgress, { kind: "fetching" }>): void {
    const now = this.#now();
    const { error } = this.#context;
    if (progress.file !== this.#file) {
      this.#samples = [{ at: now, bytes: progress.bytes }];
      this.#file = progress.file;
      this.#told = now;
      if (progress.resumed > 0) {
        this.#line(`${progress.file}: goes on behind ${formatBytes(progress.resumed)}`);
      }
    }
    if (now - this.#told < (error.isTerminal ? barMs : lineMs)) return;
    this.#told = now;
    this.#samples = addSample(this.#samples, { at: now, bytes: progress.bytes });
    const rate = rateOf(this.#samples);
    if (error.isTerminal) {
      error.write(`\r${formatProgress(progress, rate, error.columns)}\x1b[K`);
      this.#barDrawn = true;
      return;
    }
    const { bytes, total } = progress;
    const of = total === undefined ? "" : ` of ${formatBytes(total)}`;
    const left =
      rate && total !== undefined ? `, ${formatSeconds((total - bytes) / rate)} left` : "";
    this.#line(`${progress.file}: ${formatBytes(bytes)}${of}${left}`);
  }

  #line(text: string): void {
    this.end();
    this.#context.error.write(`${text}\n`);
  }
}
