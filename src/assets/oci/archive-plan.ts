import { type ArchivePlan, badArchive, type PlanDeps } from "./archive.ts";
import { planDockerArchive } from "./docker-archive.ts";
import { planLayout } from "./oci-layout.ts";

/**
 * What to take out of an archive, and by which names. Ask again with the documents it wants until it has
 * a plan. Throws `oci.archive` or `oci.digest`.
 */
export function planArchive(deps: PlanDeps): ArchivePlan {
  const { entries } = deps.listing;
  // Docker writes both since version 25; only the layout has what registries gave.
  if (entries.has("oci-layout") && entries.has("index.json")) return planLayout(deps);
  if (entries.has("manifest.json")) return planDockerArchive(deps);
  const want = "want oci-layout and index.json (an OCI archive) or manifest.json (docker save)";
  const some = [...entries.keys()].slice(0, 5).join(", ") || "nothing";
  throw badArchive(`${want}, got ${some}`);
}
