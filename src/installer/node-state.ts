import type { BootEvent } from "../boot/event.ts";
import type { Install } from "../boot/install.ts";

/** How far a machine is on its way into the cluster, from nothing seen to all probes good. */
export const NodeStages = [
  ...(["registered", "dhcp", "ipxe", "live", "installing"] as const),
  ...(["installed", "booted", "joined", "ready"] as const),
] as const;
export type NodeStage = (typeof NodeStages)[number];

/** What is known of one machine. Times are milliseconds since the epoch. */
export type NodeState = {
  readonly stage: NodeStage;
  /** When it was last heard of; absent: never. */
  readonly at?: number;
  /** Of the image, while it is written. */
  readonly percent?: number;
  /** What it last said or did. */
  readonly last?: string;
  /** Why it stands still; gone when it goes on. */
  readonly failed?: string;
};

export const Registered: NodeState = { stage: "registered" };

/** What is known of a machine besides its events: these outlive a restart of the daemon. */
export type KeptNode = {
  readonly install?: Install | undefined;
  /** When its secrets were fetched. */
  readonly joinedAt?: number | undefined;
};

/** The state by what is kept on disk, before any event. */
export function nodeStateOf({ install, joinedAt }: KeptNode): NodeState {
  if (joinedAt !== undefined && joinedAt >= (install?.at ?? 0)) {
    return { stage: "joined", at: joinedAt, last: "has its keys" };
  }
  if (install === undefined) return Registered;
  const { at, message = "it did not say why" } = install;
  switch (install.stage) {
    case "offered":
      return { stage: "ipxe", at, last: "was given the installer" };
    case "installing":
      return { stage: "installing", at };
    case "installed":
      return { stage: "installed", at };
    case "up":
      return { stage: "booted", at };
    case "failed":
      return { stage: "installing", at, failed: message };
  }
}

/**
 * The state after one more event of the machine. Stages are kept when they are reached: a machine that has
 * its disk and asks the network again is no further back. What begins anew is an installation, told by the
 * installer itself.
 */
export function followNode(state: NodeState, event: BootEvent): NodeState {
  switch (event.kind) {
    case "dhcp":
      return event.direction === "in" ? advance(state, event.at, dhcpStage(event)) : state;
    case "plan":
      return advance(state, event.at, { stage: "ipxe", last: `boots ${event.profile}` });
    case "report":
      return followReport(state, event);
    case "finding":
      return event.change === "raised" && event.finding.severity === "error"
        ? { ...state, at: event.at, failed: event.finding.sentence }
        : state;
    case "http":
    case "tftp":
    case "dhcp-mode":
      return state;
  }
}

/** The state after its services were asked: `trouble` says which does not answer, absent for none. */
export function probeNode(state: NodeState, at: number, trouble: string | undefined): NodeState {
  if (trouble === undefined) return { stage: "ready", at, last: "all services answer" };
  if (state.stage !== "ready") return { ...state, last: trouble };
  // Latched: a cluster that flaps shall not throw the operator back to "joined".
  return { ...state, at, failed: trouble };
}

type Of<K extends BootEvent["kind"]> = Extract<BootEvent, { kind: K }>;
type Step = { readonly stage: NodeStage; readonly last: string };

function dhcpStage({ stage, message }: Of<"dhcp">): Step {
  const last = `${stage} says ${message}`;
  return { stage: stage === "firmware" ? "dhcp" : stage === "ipxe" ? "ipxe" : "live", last };
}

/** The installer's words after which the disk is being written. */
const InstallWords: readonly string[] = ["choosing", "writing", "verifying", "configuring"];

function followReport(state: NodeState, event: Of<"report">): NodeState {
  const { at, stage: word, message } = event;
  const last = message === undefined ? word : `${word}: ${message}`;
  if (word === "probing") return { stage: "live", at, last };
  if (InstallWords.includes(word)) {
    return { stage: "installing", at, last, ...percentOf(event, state) };
  }
  if (word === "failed") return { ...state, at, last, failed: message ?? "it did not say why" };
  if (word === "installed") return { stage: "installed", at, last };
  // The live system says "up" too.
  if (word === "up")
    return advance(state, at, { stage: isAfter(state, "installing") ? "booted" : "live", last });
  return word === "joined" ? advance(state, at, { stage: "joined", last }) : { ...state, at, last };
}

function percentOf({ bytes, total }: Of<"report">, { percent }: NodeState) {
  if (bytes === undefined || !total) return percent === undefined ? {} : { percent };
  return { percent: Math.min(100, Math.floor((100 * bytes) / total)) };
}

function advance(state: NodeState, at: number, { stage, last }: Step): NodeState {
  if (!isAfter({ stage }, state.stage)) return { ...state, at };
  return { stage, at, last };
}

function isAfter({ stage }: Pick<NodeState, "stage">, other: NodeStage): boolean {
  return NodeStages.indexOf(stage) > NodeStages.indexOf(other);
}

/** How much of the whole way each stage is, in percent; an installation counts what it wrote. */
const StagePercent: Readonly<Record<NodeStage, number>> = {
  ...{ registered: 0, dhcp: 5, ipxe: 10, live: 20, installing: 25 },
  ...{ installed: 70, booted: 80, joined: 90, ready: 100 },
};

/** How far all machines are together, 0 to 100. */
export function clusterPercent(states: readonly NodeState[]): number {
  if (states.length === 0) return 0;
  const sum = states.reduce((total, { stage, percent = 0 }) => {
    const written = stage === "installing" ? (percent * 45) / 100 : 0;
    return total + StagePercent[stage] + written;
  }, 0);
  return Math.floor(sum / states.length);
}
