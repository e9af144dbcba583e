import { KindlingError } from "../errors.ts";
import {
  type ApiChange,
  type BringUpStep,
  type BringUpWish,
  decideBringUp,
  isApiChange,
} from "../installer/bring-up.ts";
import type { Cluster } from "../installer/cluster.ts";
import { changeApi, type KubeAccess, seeApi } from "../installer/kube-client.ts";
import { planLabels, planManifests } from "../installer/manifests.ts";
import { systemClock } from "../runtime/clock.ts";

/** What one look at a cluster's API came to. */
export type BringUp = {
  readonly taken: readonly ApiChange[];
  readonly left: readonly BringUpStep[];
};

export type BringUpMeans = {
  readonly cluster: Cluster;
  readonly access: KubeAccess;
  /** Until when machines may fetch their keys. */
  readonly ticketsEnd: number;
  /** `change` takes the steps that are due; `look` takes none. */
  readonly hands: "look" | "change";
};

/** Looks at the cluster's API and does what is due there; what was refused is left, with the reason. */
export async function bringUp(means: BringUpMeans): Promise<BringUp> {
  const { cluster, access, ticketsEnd, hands } = means;
  const manifests = planManifests(cluster, access.secrets, ticketsEnd);
  const wish: BringUpWish = { manifests, labels: planLabels(cluster) };
  const { by, seen } = await seeApi(manifests, access);
  const steps = decideBringUp(wish, seen, systemClock.now());
  const due = steps.filter(isApiChange);
  if (hands === "look" || by === undefined || due.length === 0) return { taken: [], left: steps };
  const taken: ApiChange[] = [];
  const refused: BringUpStep[] = [];
  for (const step of due) {
    try {
      await changeApi(by, step, access);
      taken.push(step);
    } catch (error) {
      if (!(error instanceof KindlingError)) throw error;
      refused.push({ kind: "wait", why: error.message });
    }
  }
  const after = await seeApi(manifests, access);
  const left = decideBringUp(wish, after.seen, systemClock.now());
  return { taken, left: [...left, ...refused] };
}
