import { exportBundle } from "../../assets/image/bundle-export.ts";
import type { StoredImage } from "../../assets/image/image-library.ts";
import { parseImageRef } from "../../assets/image/layout.ts";
import { formatBytes } from "../../assets/image/progress.ts";
import type { CliContext } from "../context.ts";
import { CarryStory } from "./carry-story.ts";
import { type Desk, openDesk } from "./desk.ts";
import type { ChoiceFlags } from "./flags.ts";

export type ExportFlags = Omit<ChoiceFlags, "output"> & { readonly output: string };

/** `kindling image export`: one file with images in it, for a place without a network. */
export async function exportImages(
  names: readonly string[],
  flags: ExportFlags,
  context: CliContext,
): Promise<number> {
  using desk = await openDesk({ ...flags, output: "table" }, context);
  const images: StoredImage[] = [];
  for (const name of names) images.push(...(await choose(desk, name, flags)));
  using story = new CarryStory(context.error);
  const { bytes, sha256 } = await exportBundle({
    images: [...new Map(images.map((image) => [image.folder, image])).values()],
    file: flags.output,
    progress: (file, done, total) => story.passed(file, done, total),
    signal: context.signal,
  });
  story[Symbol.dispose]();
  for (const { id } of images) context.out.write(`${id.name}@${id.version} ${id.arch}\n`);
  context.out.write(`${flags.output}: ${formatBytes(bytes)}, SHA-256 ${sha256}\n`);
  return 0;
}

/** The newest version that the name means, for each architecture that is here. */
async function choose(
  { house }: Desk,
  name: string,
  { arch }: ExportFlags,
): Promise<readonly StoredImage[]> {
  const ref = parseImageRef(name, arch);
  const { id } = await house.library.find(ref);
  return await house.library.matching({ ...ref, version: id.version });
}
