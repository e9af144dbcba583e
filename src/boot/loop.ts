import type { BootEvent } from "./event.ts";
import type { LoaderHistory } from "./loader-choice.ts";
import { bootFileName, isFirstLoader } from "./loader-file.ts";
import type { PciId } from "./machine.ts";

/** What the events of one machine say about how its boots go round, newest last. */
export type BootTrack = {
  /** First loaders fetched since a script of ours was. */
  readonly loads: readonly { readonly at: number; readonly file: string }[];
  /** Scripts fetched since a kernel was. */
  readonly plans: readonly number[];
  /** Ends of an installation since the system that was installed spoke. */
  readonly installs: readonly number[];
  readonly silentLoads: number;
  readonly ranLoader?: string | undefined;
  readonly arch?: string | undefined;
  readonly nic?: PciId | undefined;
  readonly lacks: readonly string[];
  /** The file or URL it was last told by DHCP. */
  readonly told?: string | undefined;
};

/** A circle that a machine goes round in. */
export type Loop = {
  readonly kind: "loader" | "script" | "install";
  readonly times: number;
  /** The loader, when it is that which is fetched again and again. */
  readonly file?: string;
};

/** This often within that time is no accident. */
const loopTimes = 3;
const loopMs = 5 * 60_000;
/** An installation takes longer than a boot. */
const installLoopMs = 20 * 60_000;
/** So many of each are remembered; a machine that loops cannot grow its track past this. */
const trackLimit = 16;

export const NewTrack: BootTrack = {
  loads: [],
  plans: [],
  installs: [],
  silentLoads: 0,
  lacks: [],
};

/** The track after one more event of its machine. */
export function followBoot(track: BootTrack, event: BootEvent): BootTrack {
  switch (event.kind) {
    case "dhcp":
      return followDhcp(track, event);
    case "tftp":
      return event.outcome === "sent" ? followFile(track, event.file, event.at) : track;
    case "http":
      return followHttp(track, event);
    case "plan":
      // Of a kernel on another server nothing will be seen, so its absence says nothing.
      if (event.elsewhere) return { ...spoke(track), loads: [], plans: [] };
      return { ...spoke(track), loads: [], plans: keep(track.plans, event.at) };
    case "report":
      if (event.stage === "up") return { ...track, loads: [], plans: [], installs: [] };
      if (event.stage !== "installed") return track;
      return { ...track, installs: keep(track.installs, event.at) };
    case "finding":
    case "dhcp-mode":
      return track;
  }
}

/** The circle this machine is in now, if it is in one. */
export function loopOf(track: BootTrack, now: number): Loop | undefined {
  const newest = track.loads.at(-1)?.file;
  const loads = track.loads.filter(({ at, file }) => file === newest && now - at <= loopMs);
  if (newest !== undefined && loads.length >= loopTimes) {
    return { kind: "loader", times: loads.length, file: newest };
  }
  const plans = track.plans.filter((at) => now - at <= loopMs);
  if (plans.length >= loopTimes) return { kind: "script", times: plans.length };
  const installs = track.installs.filter((at) => now - at <= installLoopMs);
  if (installs.length >= loopTimes) return { kind: "install", times: installs.length };
  return undefined;
}

/** What a choice of loaders wants to know of it. */
export function historyOf(track: BootTrack, now: number): LoaderHistory {
  const { silentLoads, ranLoader, nic } = track;
  return { silentLoads, ranLoader, nic, loops: loopOf(track, now) !== undefined };
}

type Of<K extends BootEvent["kind"]> = Extract<BootEvent, { kind: K }>;

function followDhcp(track: BootTrack, event: Of<"dhcp">): BootTrack {
  if (event.direction === "out") return event.file ? { ...track, told: event.file } : track;
  const { stage, nic = track.nic, arch = track.arch } = event;
  // A system that asks for its address runs, so no boot stands still.
  if (stage === "operating-system") return { ...track, loads: [], plans: [], lacks: [] };
  const known = { ...track, nic, arch };
  return stage === "ipxe" ? { ...spoke(known), lacks: event.lacks ?? [] } : known;
}

function followHttp(track: BootTrack, event: Of<"http">): BootTrack {
  if (event.method !== "GET" || event.status !== 200) return track;
  if (event.resource === "loader") return followFile(track, event.path, event.at);
  if (event.resource === "asset") return { ...track, plans: [] };
  const isScript = event.resource === "ipxe" || event.resource === "grub";
  if (isScript) return { ...spoke(track), loads: [] };
  // The diagnosis is fetched as the script is: it ends no circle.
  if (event.resource !== "script") return track;
  return loopOf(track, event.at) === undefined ? { ...spoke(track), loads: [] } : spoke(track);
}

function followFile(track: BootTrack, path: string, at: number): BootTrack {
  if (/^assets\//.test(path)) return { ...track, plans: [] };
  const file = bootFileName(path);
  if (file.startsWith("grub.cfg")) return { ...spoke(track), loads: [] };
  if (!isFirstLoader(file)) return spoke(track); // only a program that runs asks for it
  const loads = [...track.loads, { at, file }].slice(-trackLimit);
  return { ...track, loads, silentLoads: track.silentLoads + 1 };
}

// Whatever was loaded last runs.
function spoke(track: BootTrack): BootTrack {
  const ranLoader = track.silentLoads > 0 ? track.loads.at(-1)?.file : undefined;
  return { ...track, silentLoads: 0, ...(ranLoader && { ranLoader }) };
}

function keep(times: readonly number[], at: number): readonly number[] {
  return [...times, at].slice(-trackLimit);
}
