import type { Resolution } from "../image.ts";
import { unresolved } from "../image.ts";
import type { RecipeFile } from "../recipe.ts";
import { fillFile } from "./files.ts";

/** What a list of checksums turns files of a recipe into a release with. */
export type SummedFiles = {
  readonly files: readonly RecipeFile[];
  readonly values: Readonly<Record<string, string>>;
  readonly version: string;
  /** The document that the list is of. */
  readonly listedIn: string;
  /** By path below the mirror. */
  readonly sha256: ReadonlyMap<string, string>;
};

/** A release whose every file is in the list; one that is not makes it none. */
export function withSums({ files, values, version, listedIn, sha256 }: SummedFiles): Resolution {
  const artefacts = files.map((row) => {
    const made = fillFile(row, values);
    return { ...made, check: { sha256: sha256.get(made.path), listedIn } };
  });
  const bare = artefacts.find(({ check }) => check.sha256 === undefined);
  if (bare !== undefined) {
    return unresolved("missing-checksum", `the list of checksums has no ${bare.path}`);
  }
  return { kind: "release", release: { version, artefacts } };
}
