import { KindlingError } from "../../errors.ts";
import { type ImageArchitecture, ImageArchitectures, type ImageId, imagePath } from "./image.ts";
import { compareVersions, isImageName } from "./names.ts";

/**
 * The two folders that images live in. What is below `published` machines may fetch; nothing is there
 * before it was checked. `work` holds all the rest, and lies on the same file system: a rename publishes.
 *
 *     <assets>/images/<name>/<version>/<arch>/    manifest.json, proof/, the files
 *     <work>/partial/<name>/<version>/<arch>/     a pull that is under way or was broken off: image/ becomes
 *                                                 the published folder, resume/ tells how to go on
 *     <work>/quarantine/<when>-<name>-…/          what failed a check, and reason.json
 *     <work>/keys/<fingerprint>.asc               public keys as their owners publish them
 *     <work>/recipes/*.yaml                       recipes of the operator
 *     <work>/state.json                           pins, and which profiles use which image
 *     <work>/locks/                               one writer at a time
 */
export type ImageFolders = { readonly published: string; readonly work: string };

/** What an operator names; without a version the newest one that is here. */
export type ImageRef = {
  readonly name: string;
  readonly version?: string | undefined;
  readonly arch?: ImageArchitecture | undefined;
};

export const publishedFolder = ({ published }: ImageFolders, id: ImageId): string => {
  return `${published}/${imagePath(id)}`;
};
export const partialFolder = ({ work }: ImageFolders, id: ImageId): string => {
  return `${work}/partial/${imagePath(id)}`;
};
export const keyFolder = ({ work }: ImageFolders): string => `${work}/keys`;
export const recipeFolder = ({ work }: ImageFolders): string => `${work}/recipes`;
export const stateFile = ({ work }: ImageFolders): string => `${work}/state.json`;

/** Each name's pulls have a lock of their own. */
export const lockFileOf = ({ work }: ImageFolders, name: string): string => `${work}/locks/${name}`;

/** The lock of whatever is changed in a moment: no image is called so. */
export const stateLockFile = ({ work }: ImageFolders): string => `${work}/locks/.state`;

/** Sorts by itself: `2026-11-30T07-22-04Z-fcos-43.1-x86_64`. */
export function quarantineFolder({ work }: ImageFolders, id: ImageId, now: number): string {
  const when = new Date(now).toISOString().replace(/\.\d+/, "").replaceAll(":", "-");
  return `${work}/quarantine/${when}-${id.name}-${id.version}-${id.arch}`;
}

/** `fcos`, `fcos@43.1` → what is meant; the architecture is a flag of its own. */
export function parseImageRef(text: string, arch?: ImageArchitecture): ImageRef {
  const [name = "", version, ...rest] = text.split("@");
  const isRight = isImageName(name) && (version === undefined || isImageName(version));
  if (isRight && rest.length === 0) return { name, version, arch };
  throw new KindlingError("usage.invalid", `want an image such as fcos or fcos@43.1, got ${text}`);
}

/** The name of a folder as an architecture of ours. */
export function architectureOf(text: string): ImageArchitecture | undefined {
  return ImageArchitectures.find((one) => one === text);
}

/** By name, the newest version first, then by architecture. */
export function compareImages(a: ImageId, b: ImageId): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  const order = compareVersions(b.version, a.version);
  return order !== 0 ? order : a.arch.localeCompare(b.arch);
}
