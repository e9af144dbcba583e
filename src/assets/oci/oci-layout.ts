import { KindlingError, WireError } from "../../errors.ts";
import {
  type ArchivePlan,
  badArchive,
  blobName,
  entryNamed,
  holdsBlob,
  type PlanDeps,
  type PlannedImage,
} from "./archive.ts";
import type { Digest } from "./digest.ts";
import {
  childrenOf,
  type Descriptor,
  formatPlatform,
  type ImageDocument,
  manifestBytesMax,
  parseImageDocument,
  platformsOf,
} from "./manifest.ts";
import { isIndexType, isManifestType } from "./media-type.ts";
import {
  formatReference,
  formatRepository,
  type ImageReference,
  isTag,
  parseImageName,
} from "./reference.ts";

/** Indexes within indexes; two is what a builder makes. */
const depthMax = 4;
/** Documents that one archive may have us read. */
const documentsMax = 10_000;

const refName = "org.opencontainers.image.ref.name";
const containerdName = "io.containerd.image.name";

/** What was found below one descriptor. */
type Tree = {
  readonly blobs: ReadonlyMap<Digest, number>;
  readonly platforms: readonly string[];
  readonly absent: readonly string[];
};

/** The plan of an archive or folder in OCI's image layout. */
export function planLayout(deps: PlanDeps): ArchivePlan {
  const index = deps.listing.entries.get("index.json");
  const bytes = index && deps.documents.get(index.digest);
  if (index === undefined || bytes === undefined) return want(index ? [index.digest] : []);
  const root = readDocument(bytes, "index.json");
  if (root.kind !== "index") throw badArchive("index.json: want a list of manifests");
  const wanted: Digest[] = [];
  const walk: Walk = { deps, wanted, left: { documents: documentsMax } };
  const chosen = chooseImages(root.manifests, deps.as);
  const images = chosen.map(({ descriptors, references }): PlannedImage & { tree: Tree } => {
    const whole = descriptors.length > 1;
    const [only] = descriptors;
    if (only === undefined) throw badArchive("index.json lists no image");
    const trees = descriptors.map((one) =>
      findTree(walk, one, { depth: 0, name: told(references) }),
    );
    const tree = joinTrees(trees, whole ? new Map([[index.digest, index.size]]) : new Map());
    const { digest, mediaType } = whole
      ? { digest: index.digest, mediaType: root.mediaType }
      : only;
    const { platforms, absent } = tree;
    const total = [...tree.blobs.values()].reduce((sum, size) => sum + size, 0);
    return { references, digest, mediaType, bytes: total, platforms, absent, tree };
  });
  if (wanted.length > 0) return want([...new Set(wanted)]);
  const blobs = new Set(images.flatMap(({ tree }) => [...tree.blobs.keys()]));
  return {
    kind: "plan",
    images: images.map(({ tree: _, ...image }) => image),
    blobs: [...blobs],
    made: [],
    checks: [],
  };
}

type Walk = {
  readonly deps: PlanDeps;
  readonly wanted: Digest[];
  readonly left: { documents: number };
};

type Chosen = {
  /** More than one: the index itself is the image. */
  readonly descriptors: readonly Descriptor[];
  readonly references: readonly ImageReference[];
};

// One image for each digest: an image with two tags is listed twice.
function chooseImages(
  manifests: readonly Descriptor[],
  as: ImageReference | undefined,
): readonly Chosen[] {
  if (manifests.length === 0) throw badArchive("index.json lists no image");
  // What has no name beside others that have one belongs to them: attestations, say.
  const named = manifests.filter((one) => nameText(one) !== undefined);
  const meant = named.length === 0 ? manifests : named;
  const groups = [...Map.groupBy(meant, ({ digest }) => digest).values()];
  if (as === undefined) {
    return groups.map((all) => ({ descriptors: all.slice(0, 1), references: all.map(nameOf) }));
  }
  if (groups.length > 1 && named.length === 0) {
    return [{ descriptors: manifests, references: [tagged(as, as.tag ?? "latest")] }];
  }
  if (groups.length === 1) {
    const tag = as.tag ?? meant.map(tagOf).find((one) => one !== undefined) ?? "latest";
    return [{ descriptors: meant.slice(0, 1), references: [tagged(as, tag)] }];
  }
  return groups.map((all) => ({
    descriptors: all.slice(0, 1),
    references: all.map((one) => tagged(as, tagInRepository(as, one, groups.length))),
  }));
}

// Several images of one repository: --as names it, and the tags are the archive's.
function tagInRepository(as: ImageReference, descriptor: Descriptor, count: number): string {
  const tag = tagOf(descriptor);
  if (as.tag === undefined && tag !== undefined) return tag;
  const cure = "leave it out, or name the repository alone where each has a tag";
  const message = `--as names one image, and the archive has ${count}: ${cure}`;
  throw new KindlingError("usage.invalid", message);
}

function tagged({ registry, repository }: ImageReference, tag: string): ImageReference {
  return { registry, repository, tag };
}

function nameText({ annotations }: Descriptor): string | undefined {
  return annotations.get(containerdName) ?? annotations.get(refName);
}

function tagOf(descriptor: Descriptor): string | undefined {
  const short = descriptor.annotations.get(refName);
  if (short !== undefined && isTag(short)) return short;
  const text = nameText(descriptor);
  return text === undefined ? undefined : parseName(text).tag;
}

// A bare word is a tag: whoever wrote it left it to us to know of what.
function nameOf(descriptor: Descriptor): ImageReference {
  const text = nameText(descriptor);
  const isName = text !== undefined && /[/:@]/.test(text);
  if (isName) {
    const name = parseName(text);
    return tagged(name, name.tag ?? "latest");
  }
  const got = text === undefined ? "no name" : `only the tag "${text}"`;
  throw badArchive(
    `${descriptor.digest} has ${got} in index.json: name it by --as quay.io/org/name:tag`,
  );
}

function parseName(text: string): ImageReference {
  try {
    return parseImageName(text);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw badArchive(`index.json: ${error.message}; name the image by --as`);
  }
}

function told([first]: readonly ImageReference[]): string {
  if (first === undefined) return "the image";
  return first.tag === undefined ? formatRepository(first) : formatReference(first);
}

function findTree(
  walk: Walk,
  descriptor: Descriptor,
  { depth, name }: { depth: number; name: string },
): Tree {
  const { digest, size, mediaType } = descriptor;
  const { listing, documents } = walk.deps;
  const isDocument = isIndexType(mediaType) || isManifestType(mediaType);
  if (!isDocument && depth === 0) {
    throw badArchive(`${name}: want an image or an index, got ${mediaType}`);
  }
  if (depth > depthMax) throw badArchive(`${name}: indexes lie in each other, ${depth} deep`);
  if (entryNamed(listing, blobName(digest)) === undefined) {
    const what = descriptor.platform ? formatPlatform(descriptor.platform) : digest;
    if (depth > 0) return { blobs: new Map(), platforms: [], absent: [what] };
    throw badArchive(`${name}: the archive lacks its manifest ${digest}`);
  }
  if (!holdsBlob(listing, descriptor)) throw wrongSize(name, descriptor);
  const own = new Map([[digest, size]]);
  // Whatever else an index lists is kept, and not looked into.
  if (!isDocument) return { blobs: own, platforms: [], absent: [] };
  if (size > manifestBytesMax) throw badArchive(`${name}: a manifest of ${size} bytes`);
  const bytes = documents.get(digest);
  if (bytes === undefined) return wantLater(walk, digest);
  const document = readDocument(bytes, digest);
  if (document.kind === "manifest") return manifestTree(walk, document, { descriptor, name, own });
  const trees = document.manifests.map((one) => findTree(walk, one, { depth: depth + 1, name }));
  if (trees.every(({ blobs }) => blobs.size === 0) && walk.wanted.length === 0) {
    throw badArchive(`${name}: the archive has none of the images that its index lists`);
  }
  return joinTrees(trees, own);
}

function manifestTree(
  walk: Walk,
  document: Extract<ImageDocument, { kind: "manifest" }>,
  { descriptor, name, own }: { descriptor: Descriptor; name: string; own: Map<Digest, number> },
): Tree {
  const { listing, documents } = walk.deps;
  const needed = childrenOf(document).filter((child) => {
    return !child.isForeign || entryNamed(listing, blobName(child.digest)) !== undefined;
  });
  for (const child of needed) {
    if (entryNamed(listing, blobName(child.digest)) === undefined) {
      throw badArchive(`${name}: the archive lacks ${child.digest} (${child.mediaType})`);
    }
    if (!holdsBlob(listing, child)) throw wrongSize(name, child);
  }
  const blobs = new Map([...own, ...needed.map(({ digest, size }) => [digest, size] as const)]);
  const { config } = document;
  if (descriptor.platform !== undefined || !config.mediaType.endsWith("+json")) {
    const platforms = descriptor.platform ? [formatPlatform(descriptor.platform)] : [];
    return { blobs, platforms, absent: [] };
  }
  if (config.size > manifestBytesMax) return { blobs, platforms: [], absent: [] };
  const bytes = documents.get(config.digest);
  if (bytes === undefined) return wantLater(walk, config.digest);
  return { blobs, platforms: platformsOf(bytes), absent: [] };
}

function wantLater(walk: Walk, digest: Digest): Tree {
  walk.left.documents -= 1;
  if (walk.left.documents < 0) throw badArchive(`more than ${documentsMax} manifests`);
  walk.wanted.push(digest);
  return { blobs: new Map(), platforms: [], absent: [] };
}

function joinTrees(trees: readonly Tree[], own: ReadonlyMap<Digest, number>): Tree {
  return {
    blobs: new Map([...own, ...trees.flatMap(({ blobs }) => [...blobs])]),
    platforms: trees.flatMap(({ platforms }) => platforms),
    absent: trees.flatMap(({ absent }) => absent),
  };
}

function readDocument(bytes: Uint8Array, name: string): ImageDocument {
  try {
    return parseImageDocument(bytes);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw badArchive(`${name}: ${error.message}`);
  }
}

function wrongSize(name: string, { digest, size }: Descriptor): KindlingError {
  const message = `${name}: want ${size} bytes of ${digest}, the archive has another number`;
  return new KindlingError("oci.digest", message, { digest, size });
}

function want(digests: readonly Digest[]): ArchivePlan {
  return { kind: "want", digests };
}
