import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type ImageId, imagePath } from "../../assets/image/image.ts";
import type { StoredImage } from "../../assets/image/image-library.ts";
import { type ImageState, isPinned, withPin } from "../../assets/image/image-state.ts";
import { changeState, readState } from "../../assets/image/image-state-store.ts";
import { usersOf } from "../../assets/image/image-use.ts";
import { parseImageRef } from "../../assets/image/layout.ts";
import { bytesOf } from "../../assets/image/manifest.ts";
import { formatBytes } from "../../assets/image/progress.ts";
import { type Candidate, planRetention } from "../../assets/image/retention.ts";
import { KindlingError } from "../../errors.ts";
import { systemClock } from "../../runtime/clock.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { formatColumns } from "../columns.ts";
import type { CliContext } from "../context.ts";
import { type Desk, openDesk, printJson } from "./desk.ts";
import type { ChoiceFlags, ImageFlags } from "./flags.ts";

export type PinFlags = ChoiceFlags & { readonly remove: boolean };
export type GcFlags = ImageFlags & { readonly keep?: number; readonly dryRun: boolean };

/** What was put aside or broken off is looked at in this time, or not at all. */
const leftMs = 7 * 86_400_000;

/** `kindling image pin`: gc leaves it alone. */
export async function pinImage(
  name: string,
  flags: PinFlags,
  context: CliContext,
): Promise<number> {
  using desk = await openDesk(flags, context);
  const { id } = await desk.house.library.find(parseImageRef(name, flags.arch));
  await changeState(desk.house.library, (state) => withPin(state, id, !flags.remove));
  const told = flags.remove ? "is no longer pinned" : "is pinned: gc leaves it alone";
  if (flags.output === "json") printJson({ image: id, pinned: !flags.remove }, context);
  else context.out.write(`${words(id)} ${told}\n`);
  return 0;
}

/** `kindling image rm`: takes one image away, unless it is pinned or some profile boots it. */
export async function removeImage(
  name: string,
  flags: ChoiceFlags,
  context: CliContext,
): Promise<number> {
  using desk = await openDesk(flags, context);
  const { library } = desk.house;
  const ref = parseImageRef(name, flags.arch);
  const found = await library.matching(ref);
  if (found.length > 1) {
    const all = found.map(({ id }) => words(id)).join(", ");
    const message = `${name} may be ${all}: say which, as NAME@VERSION and --arch`;
    throw new KindlingError("usage.invalid", message);
  }
  const image = found[0] ?? (await library.find(ref));
  const { pinned, users } = await candidateOf(desk, image, await readState(library));
  if (users.length > 0) {
    const message = `profile ${users.join(", ")} boots ${words(image.id)}: kindling image use another version first`;
    throw new KindlingError("image.refused", message, { profiles: users });
  }
  if (pinned) {
    const message = `${words(image.id)} is pinned: kindling image pin --remove lets it go`;
    throw new KindlingError("image.refused", message);
  }
  await library.remove(image.id);
  if (flags.output === "json") printJson({ removed: image.id }, context);
  else context.out.write(`${words(image.id)} is gone, ${formatBytes(bytesOf(image.manifest))}\n`);
  return 0;
}

/** `kindling image gc`: keeps the newest, the pinned and the used. */
export async function collectImages(flags: GcFlags, context: CliContext): Promise<number> {
  using desk = await openDesk(flags, context);
  const { library } = desk.house;
  const state = await readState(library);
  const { images } = await library.list();
  const candidates = await Promise.all(images.map((image) => candidateOf(desk, image, state)));
  const verdicts = planRetention(candidates, flags.keep ?? desk.config.images.keep);
  const going = verdicts.filter(({ kind }) => kind === "remove");
  const before = systemClock.now() - leftMs;
  const aside = await oldQuarantine(library.folders.work, before);
  const left = [...aside, ...(await library.leftovers(before))];
  if (!flags.dryRun) {
    for (const { id } of going) await library.remove(id);
    for (const folder of left) await rm(folder, { recursive: true, force: true });
  }
  const isGoing = ({ id }: StoredImage) => going.some((one) => imagePath(one.id) === imagePath(id));
  const bytes = images.filter(isGoing).reduce((sum, image) => sum + bytesOf(image.manifest), 0);
  if (flags.output === "json") {
    printJson({ images: verdicts, leftovers: left, bytes, dryRun: flags.dryRun }, context);
    return 0;
  }
  const rows = verdicts.map(({ id, kind, reason }) => [words(id), kind, reason]);
  if (rows.length > 0) context.out.write(formatColumns(rows));
  for (const folder of left) context.out.write(`${folder}  remove  left for over a week\n`);
  const verb = flags.dryRun ? "would go" : "are gone";
  context.out.write(`${going.length} images ${verb}, ${formatBytes(bytes)}\n`);
  return 0;
}

async function candidateOf(
  { catalog }: Desk,
  { id }: StoredImage,
  state: ImageState,
): Promise<Candidate> {
  const { profiles } = await catalog.snapshot();
  return { id, pinned: isPinned(state, id), users: usersOf(profiles, id) };
}

async function oldQuarantine(work: string, before: number): Promise<readonly string[]> {
  const root = join(work, "quarantine");
  const names = await readdir(root).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  });
  const old = names.map(async (name) => {
    const { mtimeMs } = await stat(join(root, name));
    return mtimeMs < before ? [join(root, name)] : [];
  });
  return (await Promise.all(old)).flat();
}

const words = ({ name, version, arch }: ImageId): string => `${name}@${version} ${arch}`;
