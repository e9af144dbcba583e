import type { ImageWish } from "../../assets/image/image.ts";
import type { StoredImage } from "../../assets/image/image-library.ts";
import { isPinned } from "../../assets/image/image-state.ts";
import { readState } from "../../assets/image/image-state-store.ts";
import { usersOf } from "../../assets/image/image-use.ts";
import { findRelease } from "../../assets/image/index-documents.ts";
import { bytesOf } from "../../assets/image/manifest.ts";
import { compareVersions } from "../../assets/image/names.ts";
import { describeVouchers, formatBytes } from "../../assets/image/progress.ts";
import type { Recipe } from "../../assets/image/recipe.ts";
import { chooseFiles } from "../../assets/image/resolve.ts";
import { KindlingError } from "../../errors.ts";
import { formatColumns } from "../columns.ts";
import type { CliContext } from "../context.ts";
import { type Desk, openDesk, printJson } from "./desk.ts";
import type { ChoiceFlags, ImageFlags } from "./flags.ts";

/** Upstreams that are asked at once. */
const askedAtOnce = 8;

/** `kindling image ls`: what is here, who boots it and who vouched. */
export async function listImages(flags: ImageFlags, context: CliContext): Promise<number> {
  using desk = await openDesk(flags, context);
  const { images, broken } = await desk.house.library.list();
  const state = await readState(desk.house.library);
  const { profiles } = await desk.catalog.snapshot();
  const rows = images.map((image) => ({
    ...image.id,
    channel: image.manifest.channel,
    bytes: bytesOf(image.manifest),
    pulledAt: image.manifest.pulledAt,
    pinned: isPinned(state, image.id),
    profiles: usersOf(profiles, image.id),
    vouchers: vouchedBy(image),
  }));
  if (flags.output === "json") printJson({ images: rows, broken }, context);
  else {
    const head = ["NAME", "VERSION", "ARCH", "SIZE", "PULLED", "PINNED", "BOOTED BY", "VOUCHED BY"];
    const table = rows.map((row) => [
      ...[row.name, row.version, row.arch, formatBytes(row.bytes), row.pulledAt.slice(0, 10)],
      ...[row.pinned ? "yes" : "no", row.profiles.join(", ") || "-", row.vouchers.join("; ")],
    ]);
    context.out.write(formatColumns([head, ...table]));
    for (const { folder, reason } of broken) context.error.write(`${folder}: ${reason}\n`);
  }
  return 0;
}

// The signatures where there are any: a list that is signed says more than that it is a list.
function vouchedBy({ manifest }: StoredImage): readonly string[] {
  const all = [...manifest.files, ...manifest.documents].flatMap(({ vouchers }) => vouchers);
  const signed = all.filter(({ kind }) => kind === "signature");
  const told = signed.length > 0 ? signed : all.filter(({ kind }) => kind !== "document");
  return [...new Set(told.map((voucher) => describeVouchers([voucher])))];
}

type Offer = {
  readonly name: string;
  readonly channel: string;
  readonly arch: ImageWish["arch"];
  readonly version?: string;
  readonly here?: string;
  readonly problem?: string;
};

/** `kindling image available`: what upstreams have, beside what is here. */
export async function listAvailable(
  name: string | undefined,
  flags: ChoiceFlags,
  context: CliContext,
): Promise<number> {
  using desk = await openDesk(flags, context);
  const { recipes, problems } = await desk.house.recipes.list();
  const wanted =
    name === undefined
      ? recipes.map(({ recipe }) => recipe)
      : [await desk.house.recipes.find(name)];
  const questions = wanted.flatMap((recipe) => questionsOf(recipe, flags));
  const offers: Offer[] = Array.from({ length: questions.length });
  const waiting = [...questions.entries()];
  const ask = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, question] = next;
      offers[at] = await askUpstream(desk, question);
    }
  };
  await Promise.all(Array.from({ length: askedAtOnce }, ask));
  if (flags.output === "json") printJson({ available: offers, problems }, context);
  else {
    const table = offers.map(({ version = "?", here = "-", problem = "", ...offer }) => {
      return [offer.name, offer.channel, offer.arch, version, here, problem.replaceAll("\n", " ")];
    });
    context.out.write(formatColumns([["NAME", "CHANNEL", "ARCH", "NEWEST", "HERE", ""], ...table]));
    for (const problem of problems) context.error.write(`${problem}\n`);
  }
  return offers.length > 0 && offers.every(({ problem }) => problem !== undefined) ? 1 : 0;
}

type Question = { readonly recipe: Recipe; readonly wish: ImageWish };

function questionsOf(recipe: Recipe, { channel, arch }: ChoiceFlags): readonly Question[] {
  const channels = channel === undefined ? recipe.channels : [channel];
  const isMade = arch === undefined || recipe.architectures[arch] !== undefined;
  const one = arch ?? (recipe.architectures.x86_64 === undefined ? "arm64" : "x86_64");
  return isMade ? channels.map((each) => ({ recipe, wish: { channel: each, arch: one } })) : [];
}

async function askUpstream({ house }: Desk, { recipe, wish }: Question): Promise<Offer> {
  const { name } = recipe;
  const here = (await house.library.matching({ name, arch: wish.arch }))
    .filter(({ manifest }) => manifest.channel === wish.channel)
    .map(({ id }) => id.version)
    .toSorted(compareVersions)
    .at(-1);
  const { channel, arch } = wish;
  const offer = { name, channel, arch, ...(here !== undefined && { here }) };
  try {
    const deps = house.depsFor(recipe, () => {});
    const { release } = await findRelease(chooseFiles(recipe, []), wish, deps);
    return { ...offer, version: release.version };
  } catch (error) {
    if (!(error instanceof KindlingError)) throw error;
    return { ...offer, problem: error.message };
  }
}
