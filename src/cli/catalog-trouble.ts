import { checkRawIgnition, isRawIgnition } from "../render/ignition.ts";
import type { Catalog, CatalogProblem, CatalogSnapshot, FileLookup } from "../store/catalog.ts";

/**
 * What an operator should know of a catalog before machines ask. A broken file is left out; a hidden
 * group is never selected; what is named and missing is 404 for whoever is sent there.
 */
export type CatalogTrouble = {
  readonly kind: "broken" | "hidden" | "missing";
  readonly sentence: string;
};

/** All of it: files that cannot be read first, then groups, then what profiles name. */
export async function findTroubles(
  catalog: Catalog,
  snapshot: CatalogSnapshot,
): Promise<readonly CatalogTrouble[]> {
  return [...troublesOfCatalog(snapshot), ...(await troublesOfFiles(catalog, snapshot))];
}

/** `groups/a.json:2:9`, as editors and compilers write a place. */
export function placeOf({ file, line, column }: CatalogProblem): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

function troublesOfCatalog(snapshot: CatalogSnapshot): readonly CatalogTrouble[] {
  const { groups, profile, problems, ties } = snapshot;
  const broken = problems.map((problem) => `${placeOf(problem)}: left out: ${problem.reason}`);
  const hidden = ties.map(({ selector, files }) => {
    return `groups/${files[0]}.json hides ${files.slice(1).join(", ")}: all select "${selector}"`;
  });
  const missing = groups
    .filter((group) => profile(group.profile) === undefined)
    .map((group) => `groups/${group.file}.json: there is no profile "${group.profile}"`);
  return [
    ...broken.map((sentence) => ({ kind: "broken", sentence }) as const),
    ...hidden.map((sentence) => ({ kind: "hidden", sentence }) as const),
    ...missing.map((sentence) => ({ kind: "missing", sentence }) as const),
  ];
}

async function troublesOfFiles(
  catalog: Catalog,
  { profiles }: CatalogSnapshot,
): Promise<readonly CatalogTrouble[]> {
  const named = profiles.flatMap(({ file, ignitionId, cloudId, genericId, generics }) => {
    const generic = [...new Set([genericId, ...(generics?.values() ?? [])])];
    return [
      { profile: file, folder: "ignition" as const, name: ignitionId },
      { profile: file, folder: "cloud" as const, name: cloudId },
      ...generic.map((name) => ({ profile: file, folder: "generic" as const, name })),
    ].filter(({ name }) => name !== "");
  });
  const found: CatalogTrouble[] = [];
  // One after the other: a catalog may name more files than a process may have open.
  for (const { profile, folder, name } of named) {
    const trouble = troubleOf({ folder, name }, await catalog[folder](name));
    if (trouble === undefined) continue;
    const sentence = `profiles/${profile}.json: ${folder}/${name}: ${trouble.sentence}`;
    found.push({ ...trouble, sentence });
  }
  return found;
}

function troubleOf(
  { folder, name }: { readonly folder: string; readonly name: string },
  lookup: FileLookup,
): CatalogTrouble | undefined {
  if (lookup.kind === "missing") return { kind: "missing", sentence: "is missing" };
  if (lookup.kind === "refused") return { kind: "broken", sentence: lookup.reason };
  if (folder !== "ignition" || !isRawIgnition(name)) return undefined;
  const checked = checkRawIgnition(lookup.bytes);
  return checked.kind === "usable" ? undefined : { kind: "broken", sentence: checked.reason };
}
