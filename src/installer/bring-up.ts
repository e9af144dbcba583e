import { compareObject, type KubeObject } from "./kube-object.ts";
import type { Manifest } from "./manifests.ts";

/** A label: its key and its value. */
export type NodeLabel = readonly [key: string, value: string];

/** What a cluster's API has to be told. */
export type BringUpWish = {
  readonly manifests: readonly Manifest[];
  /** Machine's whole name → the label that tells its role. */
  readonly labels: ReadonlyMap<string, NodeLabel>;
};

/** A machine as the API knows it. */
export type SeenNode = {
  readonly name: string;
  readonly labels: Readonly<Record<string, unknown>>;
  /** Why it is not ready, in the kubelet's own words; absent where it is. */
  readonly unready?: string;
};

/** What was found at the cluster's API. */
export type SeenApi =
  /** No API server answers, or none is ready. */
  | { readonly kind: "silent"; readonly why: string }
  | {
      readonly kind: "answers";
      /** Manifest's file → the object that is there. */
      readonly objects: ReadonlyMap<string, unknown>;
      readonly nodes: ReadonlyMap<string, SeenNode>;
    };

/** What is still to be done, or to be waited for; nothing left: the cluster is up. */
export type BringUpStep =
  | { readonly kind: ManifestStep; readonly file: string; readonly object: KubeObject }
  | { readonly kind: "label"; readonly node: string; readonly label: NodeLabel }
  /** `node` is a machine's whole name; absent: it is about all of them. */
  | { readonly kind: "wait"; readonly node?: string; readonly why: string };

/** `restore`: somebody changed what is ours in it. `replace`: in a field that cannot be changed back. */
export type ManifestStep = "create" | "restore" | "replace";

/** A step that changes something at the API. */
export type ApiChange = Exclude<BringUpStep, { readonly kind: "wait" }>;

/**
 * The steps from what is there to a cluster that is up. A manifest whose time is over is wanted no longer, and
 * machines that are not described are left alone.
 */
export function decideBringUp(
  { manifests, labels }: BringUpWish,
  seen: SeenApi,
  now: number,
): readonly BringUpStep[] {
  if (seen.kind === "silent") return [{ kind: "wait", why: seen.why }];
  const due = manifests.filter(({ until }) => until === undefined || now < until);
  const puts = due.flatMap(({ file, object }): readonly BringUpStep[] => {
    const kind = manifestStep(object, seen.objects.get(file));
    return kind === undefined ? [] : [{ kind, file, object }];
  });
  const machines = [...labels].flatMap(([node, label]) => {
    return nodeSteps(node, label, seen.nodes.get(node));
  });
  return [...puts, ...machines];
}

/** Is this step one to take, and not one to wait for? */
export function isApiChange(step: BringUpStep): step is ApiChange {
  return step.kind !== "wait";
}

/** What stands in a machine's way, by its whole name: its own trouble first, then what all wait for. */
export function nodeTrouble(steps: readonly BringUpStep[], node: string): string | undefined {
  const common = steps.find((step) => step.kind === "wait" && step.node === undefined);
  return ownTrouble(steps, node) ?? (common?.kind === "wait" ? common.why : undefined);
}

function ownTrouble(steps: readonly BringUpStep[], node: string): string | undefined {
  const own = steps.find((step) => "node" in step && step.node === node);
  if (own?.kind === "label") return `has no label ${own.label[0]} yet`;
  return own?.kind === "wait" ? own.why : undefined;
}

/** All that stands in the way: of the cluster, then of its machines by their short names, each told once. */
export function allTrouble(
  steps: readonly BringUpStep[],
  machines: ReadonlyMap<string, string>,
): readonly string[] {
  const common = clusterTrouble(steps);
  const own = [...machines].flatMap(([node, name]) => {
    const trouble = ownTrouble(steps, node);
    return trouble === undefined ? [] : [`${name}: ${trouble}`];
  });
  return [...(common === undefined ? [] : [common]), ...own];
}

/** What stands in the way of the cluster besides its machines. */
export function clusterTrouble(steps: readonly BringUpStep[]): string | undefined {
  const waits = steps.flatMap((step) => {
    return step.kind === "wait" && step.node === undefined ? [step.why] : [];
  });
  const files = steps.flatMap((step) => ("file" in step ? [step.file] : []));
  const missing = files.length === 0 ? [] : [`not applied: ${files.join(", ")}`];
  const told = [...waits, ...missing].join("; ");
  return told === "" ? undefined : told;
}

const Verbs = { create: "created", restore: "restored", replace: "replaced" } as const;

/** A step that was taken, for people. */
export function formatStep(step: ApiChange): string {
  if (step.kind === "label") return `labelled ${step.node} ${step.label[0]}=${step.label[1]}`;
  const { kind, metadata } = step.object;
  return `${Verbs[step.kind]} ${kind} ${metadata.name}`;
}

function manifestStep(wanted: KubeObject, there: unknown): ManifestStep | undefined {
  if (there === undefined) return "create";
  const outcome = compareObject(wanted, there);
  if (outcome === "same") return undefined;
  return outcome === "fixed" ? "replace" : "restore";
}

function nodeSteps(
  node: string,
  label: NodeLabel,
  seen: SeenNode | undefined,
): readonly BringUpStep[] {
  if (seen === undefined) return [{ kind: "wait", node, why: "its kubelet has not registered" }];
  const [key, value] = label;
  const mark = seen.labels[key] === value ? [] : [{ kind: "label", node, label } as const];
  if (seen.unready === undefined) return mark;
  return [...mark, { kind: "wait", node, why: `NotReady: ${seen.unready}` }];
}
