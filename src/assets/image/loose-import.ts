import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { KindlingError } from "../../errors.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import {
  buildByHand,
  checkHash,
  type HandBuilt,
  type HandFolder,
  type HandWish,
} from "./hand-import.ts";
import { type BroughtFile, manifestByHand } from "./hand-manifest.ts";
import { type PlannedFile, planFiles } from "./hand-plan.ts";
import { type ImageArchitecture, ImageArchitectures, type ImageId } from "./image.ts";
import { channelOf } from "./iso-layout.ts";
import type { Recipe } from "./recipe.ts";

type LooseFile = { readonly path: string; readonly size: number; readonly plan: PlannedFile };

/** Makes an image of files that lie in a folder or are named one by one. */
export async function importLoose(paths: readonly string[], wish: HandWish): Promise<ImageId> {
  const { name, version } = wish.as ?? {};
  if (name === undefined || version === undefined) {
    const message =
      "want --as NAME@VERSION for files that are no ISO and no bundle: --as fcos@43.1";
    throw new KindlingError("usage.invalid", message);
  }
  const recipe = await wish.recipeOf(name);
  const arch = wish.arch ?? onlyArchitecture(recipe);
  const channel = channelOf(recipe, version, "");
  const found = planFiles(
    recipe,
    { channel, arch, version },
    paths.map((path) => basename(path)),
  );
  if (found.kind === "refused") throw new KindlingError("usage.invalid", found.sentence);
  for (const one of found.left) {
    wish.tell({ kind: "note", sentence: `${one} is no file of the recipe ${name}: left out` });
  }
  const files = await Promise.all(found.files.map((plan) => measure(paths, plan)));
  const checksums = await wish.checksumsFor(recipe);
  const id: ImageId = { name, version, arch };
  const build = async (folder: HandFolder): Promise<HandBuilt> => {
    const rows: BroughtFile[] = [];
    for (const { path, size, plan } of files) {
      const { given, role, file } = plan;
      // proven: no encoding is set, so a chunk is a Buffer
      const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 1 << 20 });
      const hashed = await folder.put(file, chunks, size);
      const vouchers = checkHash(given, hashed.sha256, checksums.of(given));
      rows.push({ role, file, ...hashed, carrier: given, vouchers });
    }
    const { documents, papers } = checksums;
    const now = new Date(wish.now).toISOString();
    return {
      manifest: manifestByHand({ id, recipe, channel, files: rows, documents, now }),
      papers,
    };
  };
  await buildByHand(
    id,
    files.reduce((sum, { size }) => sum + size, 0),
    { wish, build },
  );
  return id;
}

function onlyArchitecture({ name, architectures }: Recipe): ImageArchitecture {
  const known = ImageArchitectures.filter((arch) => architectures[arch] !== undefined);
  const [only, ...more] = known;
  if (only !== undefined && more.length === 0) return only;
  const message = `${name} is made for ${known.join(" and ")}: say --arch`;
  throw new KindlingError("usage.invalid", message, { name });
}

async function measure(paths: readonly string[], plan: PlannedFile): Promise<LooseFile> {
  const path = paths.find((one) => basename(one) === plan.given) ?? plan.given;
  try {
    return { path, size: (await stat(path)).size, plan };
  } catch (error) {
    const message = `${path} cannot be read: ${systemErrorCode(error)}`;
    throw new KindlingError("usage.invalid", message, { path }, error);
  }
}
