import { WireError } from "../../errors.ts";
import {
  continuationOf,
  parseSystemUse,
  type RockRidge,
  readRockRidge,
  systemUseSkip,
} from "./iso-rock-ridge.ts";
import {
  formatJolietName,
  formatPlainName,
  type IsoDescriptor,
  type IsoExtent,
  type IsoRecord,
  isoDescriptorsAt,
  isoSector,
  parseIsoDescriptor,
  parseIsoFolder,
} from "./iso9660.ts";

/** A file of an image; one of more than 4 GiB lies in several extents. */
export type IsoFile = {
  readonly path: string;
  readonly size: number;
  readonly extents: readonly IsoExtent[];
  /** By zisofs, which nobody but Linux' own driver reads. */
  readonly isCompressed: boolean;
};

/** All that an image holds. */
export type IsoListing = {
  readonly label: string;
  /** Whose names these are: the first that the image has of these. */
  readonly names: "rock-ridge" | "joliet" | "plain";
  readonly files: readonly IsoFile[];
  /** Symbolic links, which are named and not followed. */
  readonly links: readonly string[];
};

/** What an image may make of us. A full Debian DVD has some 8000 files, an install DVD of RHEL 7000. */
const limits = {
  descriptors: 32,
  files: 200_000,
  depth: 32,
  folderBytes: 16 * 1024 * 1024,
  /** Of all that is read to list it. */
  readBytes: 256 * 1024 * 1024,
  continuations: 16,
  nameBytes: 255,
} as const;

type Image = { readonly size: number; leftToRead: number };
type Reading<T> = Generator<IsoExtent, T, Uint8Array>;
type Folder = { readonly path: string; readonly extent: IsoExtent; readonly depth: number };
type Naming = {
  readonly names: IsoListing["names"];
  readonly skip: number;
  readonly root: IsoExtent;
};
type Item = RockRidge & { readonly record: IsoRecord; readonly path: string };

/**
 * Lists an image of `imageSize` bytes. It reads nothing itself: each extent that it yields is answered
 * with the bytes that lie there. Throws `WireError` for what is no image, or one made to harm.
 */
export function* listIso(imageSize: number): Reading<IsoListing> {
  const image: Image = { size: imageSize, leftToRead: limits.readBytes };
  const volumes = yield* readVolumes(image);
  const primary = volumes.find(({ joliet }) => !joliet);
  if (primary === undefined) throw invalid("volumes", "a primary one", volumes.length);
  const naming = yield* chooseNaming(image, primary.root, volumes);
  const files = new Map<string, IsoFile>();
  const links: string[] = [];
  const seen = new Set<number>();
  const folders: Folder[] = [{ path: "", extent: naming.root, depth: 0 }];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (seen.has(folder.extent.at)) throw invalid("folder", "each one once", folder.path);
    seen.add(folder.extent.at);
    const items = yield* readFolder(image, folder, naming);
    const inner = items.filter(({ record, child }) => record.isFolder || child !== undefined);
    folders.push(...(yield* locateFolders(image, inner, folder.depth + 1)));
    links.push(...items.filter(({ isLink }) => isLink).map(({ path }) => path));
    for (const file of joinExtents(items.filter(isFile), image)) {
      if (files.has(file.path)) throw invalid("file", "each name once", file.path);
      files.set(file.path, file);
    }
    const count = files.size + links.length + folders.length;
    if (count > limits.files) throw invalid("files", `at most ${limits.files}`, count);
  }
  const sorted = [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { label: primary.label, names: naming.names, files: sorted, links: links.sort() };
}

function* readVolumes(image: Image): Reading<(IsoDescriptor & { kind: "volume" })[]> {
  const volumes: (IsoDescriptor & { kind: "volume" })[] = [];
  for (let sector = isoDescriptorsAt; sector < isoDescriptorsAt + limits.descriptors; sector += 1) {
    const bytes = yield* read(image, { at: sector * isoSector, size: isoSector });
    const descriptor = parseIsoDescriptor(bytes);
    if (descriptor.kind === "end") return volumes;
    if (descriptor.kind === "volume") volumes.push(descriptor);
  }
  throw invalid("volume descriptors", `an end within ${limits.descriptors}`, "none");
}

// Rock Ridge keeps every name as it was, Joliet at most 64 letters of it, ISO 9660 a few capitals.
function* chooseNaming(
  image: Image,
  root: IsoExtent,
  volumes: readonly (IsoDescriptor & { kind: "volume" })[],
): Reading<Naming> {
  const [own] = parseIsoFolder(yield* read(image, { at: root.at, size: isoSector }));
  const skip = own && systemUseSkip(own.systemUse);
  if (skip !== undefined) return { names: "rock-ridge", skip, root };
  const joliet = volumes.find((volume) => volume.joliet);
  if (joliet !== undefined) return { names: "joliet", skip: 0, root: joliet.root };
  return { names: "plain", skip: 0, root };
}

function* readFolder(image: Image, folder: Folder, naming: Naming): Reading<readonly Item[]> {
  if (folder.depth > limits.depth) throw invalid("depth", `at most ${limits.depth}`, folder.path);
  if (folder.extent.size > limits.folderBytes) {
    throw invalid("folder", `at most ${limits.folderBytes} bytes`, folder.extent.size);
  }
  // The first two are the folder itself and its parent.
  const records = parseIsoFolder(yield* read(image, folder.extent)).slice(2);
  const items: Item[] = [];
  for (const record of records) {
    if (record.isAssociated) continue;
    const said = yield* readExtras(image, record, naming);
    if (said.isRelocated) continue;
    const name = said.name ?? nameOf(record, naming);
    items.push({ ...said, record, path: joinPath(folder.path, name) });
  }
  return items;
}

function* readExtras(image: Image, record: IsoRecord, naming: Naming): Reading<RockRidge> {
  if (naming.names !== "rock-ridge") return readRockRidge([]);
  let area = parseSystemUse(record.systemUse.subarray(naming.skip));
  const fields = [...area];
  for (let round = 0; ; round += 1) {
    const next = continuationOf(area);
    if (next === undefined) return readRockRidge(fields);
    if (round === limits.continuations) throw invalid("continuations", `at most ${round}`, "more");
    area = parseSystemUse(yield* read(image, next));
    fields.push(...area);
  }
}

// A folder that lies elsewhere tells its size in its own first record.
function* locateFolders(image: Image, items: readonly Item[], depth: number): Reading<Folder[]> {
  const folders: Folder[] = [];
  for (const { record, child, path } of items) {
    let { extent } = record;
    if (child !== undefined) {
      const [own] = parseIsoFolder(yield* read(image, { at: child, size: isoSector }));
      if (own === undefined) throw invalid("relocated folder", "a record of its own", path);
      extent = { at: child, size: own.extent.size };
    }
    folders.push({ path, extent, depth });
  }
  return folders;
}

function isFile({ record, child, isLink }: Item): boolean {
  return !record.isFolder && child === undefined && !isLink;
}

function joinExtents(items: readonly Item[], image: Image): readonly IsoFile[] {
  const files: IsoFile[] = [];
  let extents: IsoExtent[] = [];
  for (const [at, { path, record, isCompressed }] of items.entries()) {
    if (record.extent.size > 0) checkExtent(image, record.extent);
    extents.push(record.extent);
    if (record.hasMore) {
      if (items[at + 1]?.path !== path) throw invalid("file", "its next extent", path);
      continue;
    }
    const size = extents.reduce((sum, extent) => sum + extent.size, 0);
    files.push({ path, size, extents, isCompressed });
    extents = [];
  }
  return files;
}

function nameOf({ name }: IsoRecord, { names }: Naming): string {
  return names === "joliet" ? formatJolietName(name) : formatPlainName(name);
}

function joinPath(folder: string, name: string): string {
  const tooLong = Buffer.byteLength(name) > limits.nameBytes;
  if (name === "" || name === "." || name === ".." || /[/\0]/.test(name) || tooLong) {
    throw invalid("name", "one that stays in its folder", name);
  }
  return folder === "" ? name : `${folder}/${name}`;
}

function* read(image: Image, extent: IsoExtent): Reading<Uint8Array> {
  checkExtent(image, extent);
  image.leftToRead -= extent.size;
  if (image.leftToRead < 0) throw invalid("folders", `at most ${limits.readBytes} bytes`, "more");
  const bytes = yield extent;
  if (bytes.length !== extent.size) throw truncated(extent, bytes.length);
  return bytes;
}

function checkExtent(image: Image, extent: IsoExtent): void {
  if (extent.at + extent.size > image.size) {
    throw truncated(extent, Math.max(0, image.size - extent.at));
  }
}

function truncated({ at, size }: IsoExtent, got: number): WireError {
  return new WireError("wire.truncated", `ISO image: want ${size} bytes at ${at}, got ${got}`, {
    ...{ field: "extent", offset: at, want: size, got },
  });
}

function invalid(field: string, want: string, got: unknown): WireError {
  const shown = JSON.stringify(got);
  return new WireError("wire.invalid", `ISO image: ${field}: want ${want}, got ${shown}`, {
    ...{ field, want, got },
  });
}
