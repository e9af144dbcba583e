import type { Group } from "./group.ts";
import { type JsonValue, ownValue } from "./json-value.ts";

/**
 * Installations that happen once. A group says `metadata.kindling.install: "<generation>"`; its machines
 * are then installed once for each generation, and a boot from the network after that ends on the disk,
 * whatever comes first in the firmware's order.
 */

/** How far a machine is. `offered`: it was given the installer's script and not heard of since. */
export const InstallStages = ["offered", "installing", "installed", "up", "failed"] as const;
export type InstallStage = (typeof InstallStages)[number];

/** The newest installation of one machine. It is kept on disk; times are milliseconds since the epoch. */
export type Install = {
  readonly generation: string;
  readonly stage: InstallStage;
  /** Since when it is in this stage. */
  readonly at: number;
  /** When this generation's tries began, newest last. */
  readonly starts: readonly number[];
  /** What the installer last said of its failure. */
  readonly message?: string;
};

/** What a group wants done once. */
export type InstallWish =
  | { readonly kind: "none" }
  | { readonly kind: "once"; readonly generation: string }
  | { readonly kind: "malformed" };

/** What becomes of a machine whose group has a boot script for it. */
export type InstallDecision =
  | { readonly kind: "boot"; readonly reason: "no-install" }
  /** `next` is kept before the script leaves; undefined: this try is known already. */
  | {
      readonly kind: "install";
      readonly reason: "new-generation" | "again" | "same-try";
      readonly next: Install | undefined;
    }
  | { readonly kind: "local-disk"; readonly reason: "installed" }
  | {
      readonly kind: "hold";
      readonly reason: "install-loop" | "malformed-wish";
      readonly tries: number;
    };

/** So many tries within that time are a loop: the next one is held back until the time is over. */
const installTries = 2;
export const installLoopMs = 20 * 60_000;

/** A script that is asked for again this soon belongs to the same try: loaders repeat themselves. */
const sameTryMs = 60_000;

const startsKept = 8;

/** A generation is a short word or number; anything else would come to nobody's notice. */
export function installWish({ metadata }: Pick<Group, "metadata">): InstallWish {
  const ours = ownValue(metadata, "kindling");
  if (ours === undefined) return { kind: "none" };
  if (!isObject(ours)) return { kind: "malformed" };
  const install = ownValue(ours, "install");
  if (install === undefined) return { kind: "none" };
  const generation = typeof install === "number" ? String(install) : install;
  const isWord = typeof generation === "string" && /^[A-Za-z0-9._-]{1,64}$/.test(generation);
  return isWord ? { kind: "once", generation } : { kind: "malformed" };
}

/** May this machine have the script of its group, or has that done its work? */
export function decideInstall(
  wish: InstallWish,
  install: Install | undefined,
  now: number,
): InstallDecision {
  if (wish.kind === "none") return { kind: "boot", reason: "no-install" };
  if (wish.kind === "malformed") return { kind: "hold", reason: "malformed-wish", tries: 0 };
  const { generation } = wish;
  if (install?.generation !== generation) {
    const next = { generation, stage: "offered", at: now, starts: [now] } as const;
    return { kind: "install", reason: "new-generation", next };
  }
  if (install.stage === "installed" || install.stage === "up") {
    return { kind: "local-disk", reason: "installed" };
  }
  const last = install.starts.at(-1);
  const isSameTry = last !== undefined && Math.abs(now - last) < sameTryMs;
  if (isSameTry && install.stage === "offered") {
    return { kind: "install", reason: "same-try", next: undefined };
  }
  const recent = install.starts.filter((at) => Math.abs(now - at) < installLoopMs);
  if (recent.length >= installTries) {
    return { kind: "hold", reason: "install-loop", tries: recent.length };
  }
  const starts = [...install.starts, now].slice(-startsKept);
  return {
    kind: "install",
    reason: "again",
    next: { generation, stage: "offered", at: now, starts },
  };
}

/** The installation after a report of its machine; undefined: nothing that is kept has changed. */
export function followInstall(
  install: Install | undefined,
  report: { readonly stage: string; readonly message?: string },
  now: number,
): Install | undefined {
  const stage = install && stageAfter(install.stage, report.stage);
  if (install === undefined || stage === undefined || stage === install.stage) return undefined;
  const { message: _before, ...rest } = install;
  const { message } = report;
  const why = stage === "failed" && message !== undefined ? { message } : {};
  return { ...rest, stage, at: now, ...why };
}

/** The words of the installer for what it does, from its first to its last. */
const InstallSteps: readonly string[] = [
  ...["probing", "choosing", "writing", "verifying", "configuring"],
];

function stageAfter(before: InstallStage, word: string): InstallStage | undefined {
  const isOver = before === "installed" || before === "up";
  if (InstallSteps.includes(word)) return isOver ? undefined : "installing";
  if (word === "failed") return isOver ? undefined : "failed";
  if (word === "installed") return before === "up" ? undefined : "installed";
  // The live system says "up" too, before there is anything on the disk.
  return word === "up" && before === "installed" ? "up" : undefined;
}

function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
