import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StoredImage } from "../../assets/image/image-library.ts";
import { profileOf } from "../../assets/image/image-profile.ts";
import { withUse } from "../../assets/image/image-state.ts";
import { changeState, readState } from "../../assets/image/image-state-store.ts";
import { findMissing, planUse } from "../../assets/image/image-use.ts";
import { parseImageRef } from "../../assets/image/layout.ts";
import type { Profile } from "../../boot/profile.ts";
import { KindlingError } from "../../errors.ts";
import { systemClock } from "../../runtime/clock.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { FileWriter } from "../../store/file-writer.ts";
import type { CliContext } from "../context.ts";
import { openDesk, originOf, printJson } from "./desk.ts";
import type { ChoiceFlags } from "./flags.ts";

export type UseFlags = ChoiceFlags & {
  readonly profile?: string;
  readonly group?: string;
  readonly select?: readonly string[];
  readonly origin?: string;
  readonly dryRun: boolean;
};

/** `kindling image use`: from now on a profile boots this image. Nothing else moves a machine to another one. */
export async function useImage(
  name: string,
  flags: UseFlags,
  context: CliContext,
): Promise<number> {
  using desk = await openDesk(flags, context);
  const { library } = desk.house;
  const image = await library.find(parseImageRef(name, flags.arch));
  const id =
    flags.profile ??
    (image.id.arch === "x86_64" ? image.id.name : `${image.id.name}-${image.id.arch}`);
  const folder = new CatalogFolder(desk.config.data.folder);
  const origin = flags.origin ?? originOf(desk.config);
  const fresh = freshProfile(image, { id, origin });
  const { profiles } = await desk.catalog.snapshot();
  const before = profiles.find(({ file }) => file === id);
  const state = await readState(library);
  const written = state.uses.find(({ profile }) => profile === id)?.args;
  const plan = planUse(fresh.boot, before?.boot, written);
  const notes = findMissing(image.manifest.boot.required, plan.boot.args);
  if (!flags.dryRun) {
    await folder.write("profiles", id, { id, name: fresh.name, boot: plan.boot });
    const at = new Date(systemClock.now()).toISOString();
    const use = { profile: id, ...image.id, at, args: [...fresh.boot.args] };
    await changeState(library, (now) => withUse(now, use));
    if (flags.group !== undefined) await useGroup(folder, flags.group, { flags, profile: id });
  }
  if (flags.output === "json") {
    printJson({ profile: id, image: image.id, ...plan, notes, dryRun: flags.dryRun }, context);
  } else tell({ id, image, plan, notes, isNew: before === undefined }, flags, context);
  return 0;
}

function freshProfile(
  { id: image, manifest }: StoredImage,
  wish: { readonly id: string; readonly origin: string },
): Profile & { readonly boot: NonNullable<Profile["boot"]> } {
  const { title, files, tree, boot } = manifest;
  const profile = profileOf({ id: image, title, files, tree, args: boot.args }, wish);
  if (profile?.boot !== undefined) return { ...profile, boot: profile.boot };
  const message = `${image.name}@${image.version} has no kernel, so no profile can boot it`;
  throw new KindlingError("image.refused", message);
}

async function useGroup(
  folder: CatalogFolder,
  group: string,
  { flags, profile }: { readonly flags: UseFlags; readonly profile: string },
): Promise<void> {
  const selector = (flags.select ?? []).map((text): [string, string] => {
    const [key = "", ...value] = text.split("=");
    if (key !== "" && value.length > 0) return [key, value.join("=")];
    throw new KindlingError("usage.invalid", `--select: want name=value, got "${text}"`);
  });
  const chosen = selector.length === 0 ? {} : { selector: Object.fromEntries(selector) };
  await folder.write("groups", group, { id: group, profile, ...chosen });
}

/** The catalog's JSON files, of which some members are changed and all others stay. */
class CatalogFolder {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async write(kind: "profiles" | "groups", name: string, members: object): Promise<void> {
    const text = `${JSON.stringify({ ...(await this.#read(kind, name)), ...members }, null, "\t")}\n`;
    const written = await new FileWriter(this.#root).put(kind, name, Buffer.from(text));
    if (written.kind === "done") return;
    const why = written.kind === "refused" ? written.reason : `${written.path}: ${written.cause}`;
    throw new KindlingError("catalog.invalid", `${kind}/${name}.json cannot be written: ${why}`);
  }

  async #read(kind: "profiles" | "groups", name: string): Promise<object> {
    if ((await this.#textOf(`${kind}/${name}.yaml`)) !== undefined) {
      const message = `${kind}/${name}.yaml is an operator's own; name another with --${kind.slice(0, -1)}, or change it by hand`;
      throw new KindlingError("image.refused", message);
    }
    const text = await this.#textOf(`${kind}/${name}.json`);
    if (text === undefined) return {};
    try {
      const found: unknown = JSON.parse(text);
      if (typeof found === "object" && found !== null && !Array.isArray(found)) return found;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    throw new KindlingError("catalog.invalid", `${kind}/${name}.json is broken: mend it first`);
  }

  async #textOf(file: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#root, file), "utf8");
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }
}

type Told = {
  readonly id: string;
  readonly image: StoredImage;
  readonly plan: ReturnType<typeof planUse>;
  readonly notes: readonly string[];
  readonly isNew: boolean;
};

function tell({ id, image, plan, notes, isNew }: Told, flags: UseFlags, context: CliContext): void {
  const what = `${image.id.name}@${image.id.version} ${image.id.arch}`;
  const verb = flags.dryRun ? "would boot" : "boots";
  context.out.write(`profile ${id} ${verb} ${what}${isNew ? "" : ":"}\n`);
  if (!isNew && plan.changes.length === 0) context.out.write("  nothing changes\n");
  for (const line of plan.changes) context.out.write(`  ${line}\n`);
  for (const arg of plan.kept) context.out.write(`  kept, as it is yours: ${arg}\n`);
  for (const note of notes) context.error.write(`note: ${note}\n`);
  if (flags.group !== undefined) context.out.write(`group ${flags.group} has profile ${id}\n`);
}
