import { open, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { importBundle } from "../../assets/image/bundle-import.ts";
import { vouchByRecipes } from "../../assets/image/bundle-vouch.ts";
import { checksumsGiven, readChecksums } from "../../assets/image/hand-checksums.ts";
import type { HandChecksums, HandStep } from "../../assets/image/hand-import.ts";
import type { ImageId } from "../../assets/image/image.ts";
import { importIso } from "../../assets/image/iso-import.ts";
import { keyFolder, parseImageRef } from "../../assets/image/layout.ts";
import { importLoose } from "../../assets/image/loose-import.ts";
import type { Recipe } from "../../assets/image/recipe.ts";
import type { TrustedKey } from "../../assets/image/verify.ts";
import { KindlingError } from "../../errors.ts";
import { systemClock } from "../../runtime/clock.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import type { CliContext } from "../context.ts";
import { CarryStory } from "./carry-story.ts";
import { type Desk, openDesk, printJson } from "./desk.ts";
import type { ChoiceFlags } from "./flags.ts";

export type ImportFlags = ChoiceFlags & {
  readonly sha256?: readonly string[];
  readonly sums?: string;
  readonly as?: string;
  readonly repacked: boolean;
  readonly dryRun: boolean;
};

type Outcome = { readonly id: ImageId; readonly outcome: "new" | "same" | "replaced" };
type Cargo =
  | { readonly kind: "bundle" | "iso"; readonly file: string }
  | { readonly kind: "loose"; readonly files: readonly string[]; readonly folder: string };
type Importing = {
  readonly desk: Desk;
  readonly flags: ImportFlags;
  readonly context: CliContext;
  readonly story: CarryStory;
};

/** `kindling image import`: a bundle, an installation ISO, or files of an image, without a network. */
export async function importImages(
  paths: readonly string[],
  flags: ImportFlags,
  context: CliContext,
): Promise<number> {
  using desk = await openDesk(flags, context);
  using story = new CarryStory(context.error);
  const importing: Importing = { desk, flags, context, story };
  const cargo = await sniff(paths);
  const outcomes =
    cargo.kind === "bundle"
      ? await takeBundle(cargo.file, importing)
      : [await takeByHand(cargo, importing)];
  story[Symbol.dispose]();
  if (flags.output === "json") {
    const images = outcomes.map(({ id, outcome }) => ({ ...id, outcome }));
    printJson({ dryRun: flags.dryRun, images }, context);
    return 0;
  }
  for (const { id, outcome } of outcomes) {
    const told = Told[outcome][flags.dryRun ? "would" : "did"];
    context.out.write(`${id.name}@${id.version} ${id.arch}: ${told}\n`);
  }
  return 0;
}

const Told = {
  new: { did: "is here now", would: "would be here" },
  same: { did: "was here already, to the byte", would: "is here already, to the byte" },
  replaced: {
    did: "took the place of the one that was here",
    would: "would take the place of the one here",
  },
} as const;

async function takeBundle(
  file: string,
  { desk, flags, context, story }: Importing,
): Promise<readonly Outcome[]> {
  const { library, recipes } = desk.house;
  const [sha256, ...more] = flags.sha256 ?? [];
  if (more.length > 0) throw usage("a bundle has one SHA-256");
  const found = await recipes.list();
  const vouch = vouchByRecipes({
    recipeOf: async (name) => found.recipes.find(({ recipe }) => recipe.name === name)?.recipe,
    keysOf: async (fingerprint) => {
      const key = await readKey(desk, fingerprint);
      return key === undefined ? [] : [key];
    },
    clock: systemClock,
    isVouchedFor: sha256 !== undefined,
  });
  return await importBundle({
    ...{ file, library, vouch, sha256, dryRun: flags.dryRun, repacked: flags.repacked },
    tell: (step) => {
      if (step.kind === "reading") story.passed(step.file, step.done, step.total);
      else story.line(`${step.file}: ${step.by}`);
    },
    signal: context.signal,
  });
}

async function takeByHand(
  cargo: Cargo,
  { desk, flags, context, story }: Importing,
): Promise<Outcome> {
  const { library, recipes } = desk.house;
  const wish = {
    ...{ library, recipeOf: (name: string) => recipes.find(name) },
    checksumsFor: (recipe: Recipe) => findChecksums(cargo, recipe, { desk, flags }),
    as: flags.as === undefined ? undefined : parseImageRef(flags.as),
    ...{ arch: flags.arch, dryRun: flags.dryRun, now: systemClock.now() },
    tell: (step: HandStep) => {
      if (step.kind === "note") story.line(`note: ${step.sentence}`);
      else story.passed(step.file, step.bytes, step.total);
    },
    signal: context.signal,
  };
  const before = await library.list();
  const id =
    cargo.kind === "loose"
      ? await importLoose(cargo.files, wish)
      : await importIso(cargo.file, wish);
  const wasHere = before.images.some((image) => {
    return (
      image.id.name === id.name && image.id.version === id.version && image.id.arch === id.arch
    );
  });
  return { id, outcome: wasHere ? "replaced" : "new" };
}

/** Those of the command line; else the list that is named, or lies beside the files. */
async function findChecksums(
  cargo: Cargo,
  recipe: Recipe,
  { desk, flags }: Pick<Importing, "desk" | "flags">,
): Promise<HandChecksums> {
  const files = cargo.kind === "loose" ? cargo.files : [cargo.file];
  if (flags.sha256 !== undefined) {
    if (flags.sha256.length !== files.length) {
      throw usage(
        `want one --sha256 for each file, got ${flags.sha256.length} for ${files.length}`,
      );
    }
    const pairs = files.map((file, at) => [basename(file), flags.sha256?.[at] ?? ""] as const);
    return checksumsGiven(new Map(pairs));
  }
  const folder = cargo.kind === "loose" ? cargo.folder : dirname(cargo.file);
  const sums = flags.sums ?? join(folder, "SHA256SUMS");
  if (flags.sums === undefined && !(await isThere(sums))) return checksumsGiven(new Map());
  const trusted = () => trustedKeys(recipe, desk);
  return await readChecksums(sums, { trusted, now: systemClock.now() });
}

/** The pinned keys that are here: no owner is asked for one. */
async function trustedKeys(recipe: Recipe, desk: Desk): Promise<readonly TrustedKey[]> {
  const found = recipe.keys.map(async ({ owner, fingerprint }) => {
    const material = await readKey(desk, fingerprint);
    return material === undefined ? [] : [{ owner, fingerprint, material }];
  });
  const keys = (await Promise.all(found)).flat();
  if (keys.length > 0) return keys;
  const folder = keyFolder(desk.house.library.folders);
  const want = recipe.keys.map(({ fingerprint }) => `${folder}/${fingerprint}.asc`).join(" or ");
  const cure = want === "" ? "its recipe pins none: say --sha256" : `put one at ${want}`;
  throw new KindlingError("image.unverified", `no key of ${recipe.name} is here; ${cure}`);
}

async function readKey({ house }: Desk, fingerprint: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(keyFolder(house.library.folders), `${fingerprint}.asc`));
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** What was brought, by what it is and not by its name. */
async function sniff(paths: readonly string[]): Promise<Cargo> {
  const [first = "", ...more] = paths;
  const isFolder = await isFolderAt(first);
  if (more.length === 0 && isFolder) {
    const names = await readdir(first, { withFileTypes: true });
    const files = names.filter((entry) => entry.isFile()).map(({ name }) => join(first, name));
    return { kind: "loose", files, folder: first };
  }
  const kind = more.length === 0 ? await kindOf(first) : "loose";
  if (kind !== "loose") return { kind, file: first };
  return { kind, files: paths, folder: dirname(first) };
}

async function kindOf(path: string): Promise<Cargo["kind"]> {
  await using file = await open(path, "r");
  const read = async (at: number, bytes: number) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, at);
    return buffer.subarray(0, bytesRead);
  };
  if ((await read(0, 4)).toString("hex") === "28b52ffd") return "bundle";
  // The first volume descriptor of ISO 9660, in sector 16.
  return (await read(32_769, 5)).toString("latin1") === "CD001" ? "iso" : "loose";
}

async function isFolderAt(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw usage(`${path} cannot be read: ${systemErrorCode(error)}`);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}

function usage(message: string): KindlingError {
  return new KindlingError("usage.invalid", message);
}
