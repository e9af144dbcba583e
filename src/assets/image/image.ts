/**
 * Images of operating systems: where they come from, how they are checked and where they lie. A recipe
 * says what there is, a resolver makes a release of it, a pull brings the release in and a manifest
 * tells what was checked. Nothing is seen below `/assets` before all of that is done. The pure files
 * decide; `fetch.ts`, `verify.ts` and `image-library.ts` touch network and disk. Facts and sources
 * stand in docs/images.md.
 */

/** What a file is for. `archive` is fetched for its members only and not kept. */
export const ImageRoles = [
  ...["kernel", "initrd", "rootfs", "stage2"],
  ...["disk", "iso", "archive"],
] as const satisfies readonly string[];
export type ImageRole = (typeof ImageRoles)[number];

/** In Kindling's words; a recipe says how its upstream spells them. */
export const ImageArchitectures = ["x86_64", "arm64"] as const;
export type ImageArchitecture = (typeof ImageArchitectures)[number];

/** One image: also its folder, `<name>/<version>/<arch>`. */
export type ImageId = {
  readonly name: string;
  readonly version: string;
  readonly arch: ImageArchitecture;
};

/** What is asked for; without a version the newest of the channel. */
export type ImageWish = {
  readonly channel: string;
  readonly arch: ImageArchitecture;
  readonly version?: string | undefined;
};

/**
 * How bytes are checked. A `sha256` is worth what the document it stands in is worth; a `signature` is
 * the path of a detached one; `clearsigned` bytes carry their own. None of them: HTTPS alone vouches.
 */
export type Check = {
  readonly sha256?: string | undefined;
  /** The document that has the checksum; absent: the recipe has. */
  readonly listedIn?: string | undefined;
  readonly signature?: string | undefined;
  readonly clearsigned?: true | undefined;
};

/** An index that a resolver reads. `path` is below each mirror, or a whole URL. */
export type DocumentWish = {
  readonly name: string;
  readonly path: string;
  readonly check: Check;
};

/** One file of a release: `file` is its place in the image's folder. */
export type Artefact = {
  readonly role: ImageRole;
  readonly file: string;
  readonly path: string;
  readonly check: Check;
  /** Files to take out of an archive: its member → what it becomes. */
  readonly members?: readonly ArchiveMember[] | undefined;
};

export type ArchiveMember = {
  readonly role: ImageRole;
  readonly file: string;
  readonly member: string;
};

/** All that a pull needs to know of one version. */
export type Release = {
  readonly version: string;
  readonly artefacts: readonly Artefact[];
};

/** Why an index gives no release. */
export type UnresolvedReason =
  | "unreadable-index"
  | "no-such-version"
  | "no-such-architecture"
  | "missing-file"
  | "missing-checksum";

/** What a resolver says: more to read, the release, or why there is none. */
export type Resolution =
  | { readonly kind: "wants"; readonly documents: readonly DocumentWish[] }
  | { readonly kind: "release"; readonly release: Release }
  | {
      readonly kind: "unresolved";
      readonly reason: UnresolvedReason;
      readonly sentence: string;
    };

/** Documents that were fetched and checked, by name. */
export type Documents = ReadonlyMap<string, string>;

export function unresolved(reason: UnresolvedReason, sentence: string): Resolution {
  return { kind: "unresolved", reason, sentence };
}

/** The image's folder below the folder of images. */
export function imagePath({ name, version, arch }: ImageId): string {
  return `${name}/${version}/${arch}`;
}
