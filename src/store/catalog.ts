/**
 * The catalog: groups, profiles and the files they name, wherever they are kept. Readers see one
 * state of it per request; an edit that was finished before a request came in is always seen by it.
 * A broken entry never hides a whole one, and only `file-writer.ts` writes. Layout: matchbox data
 * folders.
 */
import type { BootCatalog } from "../boot/decide.ts";
import type { GroupTie } from "../boot/group.ts";
import type { Profile } from "../boot/profile.ts";
import type { Partials } from "./partial.ts";

/** The catalog as a request sees it. */
export type CatalogSnapshot = BootCatalog & {
  /** Every profile, by file name. */
  readonly profiles: readonly Profile[];
  /** What templates may call by `{{template "NAME" .}}`; absent: nothing, as matchbox has none. */
  readonly partials?: Partials | undefined;
  readonly problems: readonly CatalogProblem[];
  /** Groups that can never be selected because another asks for the same labels. */
  readonly ties: readonly GroupTie[];
};

/** An entry that is left out, and why. `file` is relative to the catalog's folder. */
export type CatalogProblem = {
  readonly file: string;
  readonly reason: string;
  readonly line?: number;
  readonly column?: number;
};

export type FileLookup =
  | { readonly kind: "file"; readonly bytes: Buffer }
  | { readonly kind: "missing" }
  | { readonly kind: "refused"; readonly reason: string };

/** Where groups and profiles come from. */
export type Catalog = {
  /** The state no older than this call. */
  snapshot(): Promise<CatalogSnapshot>;
  /** An Ignition file's bytes by the name a profile gives. */
  ignition(name: string): Promise<FileLookup>;
  /** The same for a file of `cloud/`. */
  cloud(name: string): Promise<FileLookup>;
  /** The same for a file of `generic/`. */
  generic(name: string): Promise<FileLookup>;
};
