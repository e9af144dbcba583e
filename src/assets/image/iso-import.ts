import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { KindlingError } from "../../errors.ts";
import { placeFolder } from "../../runtime/durable-folder.ts";
import { isBundlePath } from "./bundle.ts";
import {
  buildByHand,
  checkHash,
  checkSpace,
  folderAt,
  type HandBuilt,
  type HandFolder,
  type HandWish,
  hashChunks,
} from "./hand-import.ts";
import { type BroughtFile, manifestByHand } from "./hand-manifest.ts";
import { type ImageId, imagePath } from "./image.ts";
import { type OpenIso, openIso } from "./iso-file.ts";
import {
  architectureBy,
  channelOf,
  findIsoLayout,
  IsoLayouts,
  type IsoSelf,
  identityFile,
  kernelArchitecture,
  readIsoSelf,
} from "./iso-layout.ts";
import type { IsoFile } from "./iso-tree.ts";
import type { Voucher } from "./manifest.ts";
import type { Recipe } from "./recipe.ts";

/** What tells what an image is has a few lines. */
const identityBytesMax = 64 * 1024;
/** The folder of trees beside that of images, both below `/assets/`. */
const treeFolder = "trees";

type Plan = {
  readonly iso: OpenIso;
  readonly carrier: string;
  readonly self: IsoSelf;
  readonly recipe: Recipe;
  readonly id: ImageId;
  readonly channel: string;
  readonly picks: readonly {
    readonly pick: IsoSelf["layout"]["files"][number];
    readonly file: IsoFile;
  }[];
};

/**
 * Brings an image out of an installation ISO: kernel, RAM disk and what belongs to them, the ISO itself
 * where its installer fetches that, and its tree where that is where packages come from.
 */
export async function importIso(path: string, wish: HandWish): Promise<ImageId> {
  await using iso = await openIso(path);
  const plan = await planImport(iso, wish);
  const { id, recipe, carrier, self } = plan;
  if (self.layout.note !== undefined) wish.tell({ kind: "note", sentence: self.layout.note });
  const checksums = await wish.checksumsFor(recipe);
  const sha256 = await hashChunks(carrier, iso.read("whole"), { total: iso.size, wish });
  const vouchers = checkHash(carrier, sha256, checksums.of(carrier));
  if (self.layout.tree) await importTree(plan, wish);
  const build = async (folder: HandFolder): Promise<HandBuilt> => {
    const files = await takeFiles(plan, { sha256, vouchers }, folder);
    const { documents, papers } = checksums;
    const tree = self.layout.tree && `/assets/${treeFolder}/${imagePath(id)}`;
    const now = new Date(wish.now).toISOString();
    const { channel } = plan;
    return {
      manifest: manifestByHand({ id, recipe, channel, files, documents, tree, now }),
      papers,
    };
  };
  const extra = self.layout.whole === undefined ? 0 : iso.size;
  const bytes = plan.picks.reduce((sum, { file }) => sum + file.size, extra);
  await buildByHand(id, bytes, { wish, build });
  return id;
}

async function planImport(iso: OpenIso, wish: HandWish): Promise<Plan> {
  const carrier = basename(iso.path);
  const layout = findIsoLayout(iso.listing);
  if (layout === undefined) {
    const known = IsoLayouts.map(({ title, marks }) => `${title} (${marks[0]})`).join(", ");
    throw unknown(carrier, `want an image of ${known}; got none of their files`);
  }
  const byPath = new Map(iso.listing.files.map((file) => [file.path, file]));
  const place = identityFile(layout);
  const told = place === undefined ? undefined : byPath.get(place);
  const text =
    told === undefined
      ? iso.listing.label
      : Buffer.from(await iso.head(told, identityBytesMax)).toString("utf8");
  const self = readIsoSelf(layout, text);
  const name = wish.as?.name ?? self.recipe;
  const version = wish.as?.version ?? self.version;
  if (name === undefined || version === undefined) {
    throw unknown(carrier, `it is ${layout.title} and does not say which: say --as NAME@VERSION`);
  }
  const recipe = await wish.recipeOf(name);
  const picks = layout.files.flatMap((pick) => {
    const file = byPath.get(pick.from);
    return file === undefined ? [] : [{ pick, file }];
  });
  const arch = wish.arch ?? (await findArchitecture(iso, { self, recipe, picks }));
  if (arch === undefined) {
    throw unknown(carrier, "it does not say for which architecture it is: say --arch");
  }
  const channel = channelOf(recipe, version, text);
  return { iso, carrier, self, recipe, id: { name, version, arch }, channel, picks };
}

async function findArchitecture(
  iso: OpenIso,
  { self, recipe, picks }: Pick<Plan, "self" | "recipe" | "picks">,
) {
  if (self.arch !== undefined) return architectureBy(recipe, self.arch);
  const kernel = picks.find(({ pick }) => pick.role === "kernel");
  return kernel && kernelArchitecture(await iso.head(kernel.file, 4096));
}

async function takeFiles(
  { iso, carrier, self, picks }: Plan,
  { sha256, vouchers }: { readonly sha256: string; readonly vouchers: readonly Voucher[] },
  folder: HandFolder,
): Promise<readonly BroughtFile[]> {
  const files: BroughtFile[] = [];
  for (const { pick, file } of picks) {
    const { role, from, file: place } = pick;
    const hashed = await folder.put(place, iso.read(file), file.size);
    files.push({
      role,
      file: place,
      ...hashed,
      carrier,
      inside: { member: from, sha256 },
      vouchers,
    });
  }
  const { whole } = self.layout;
  if (whole !== undefined) {
    const hashed = await folder.put(whole, iso.read("whole"), iso.size);
    checkHash(carrier, hashed.sha256, { sha256, vouchers });
    files.push({ role: "iso", file: whole, ...hashed, carrier, vouchers });
  }
  return files;
}

/** All files of an install tree, shown to machines in one step, with their checksums beside them. */
async function importTree({ iso, id, carrier }: Plan, wish: HandWish): Promise<void> {
  const { published, work } = wish.library.folders;
  const target = join(dirname(published), treeFolder, imagePath(id));
  const root = wish.dryRun ? undefined : join(work, "import-tree", imagePath(id));
  const odd = iso.listing.files.find(({ path }) => !isBundlePath(path));
  if (odd !== undefined) throw broken(carrier, `the name ${odd.path} cannot be served`);
  const bytes = iso.listing.files.reduce((sum, { size }) => sum + size, 0);
  if (root !== undefined) {
    await rm(root, { recursive: true, force: true });
    await mkdir(root, { recursive: true, mode: 0o755 });
    await checkSpace(root, bytes);
  }
  try {
    const folder = folderAt(root, wish);
    const rows: string[] = [];
    for (const file of iso.listing.files) {
      const { sha256 } = await folder.put(file.path, iso.read(file), file.size);
      rows.push(`${sha256}  ${file.path}\n`);
    }
    if (root === undefined) return;
    await writeFile(join(root, "SHA256SUMS.kindling"), rows.join(""), { mode: 0o644 });
    await placeFolder(root, target);
  } finally {
    if (root !== undefined) await rm(root, { recursive: true, force: true });
  }
}

function unknown(carrier: string, why: string): KindlingError {
  return new KindlingError("image.unknown", `${carrier}: ${why}`, { file: carrier });
}

function broken(carrier: string, why: string): KindlingError {
  return new KindlingError("image.broken", `${carrier}: ${why}`, { file: carrier });
}
