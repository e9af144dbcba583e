import { formatIp } from "../wire/ip.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { BootEvent, HttpResource } from "./event.ts";
import { isOptional } from "./loader-file.ts";

/** The steps of a network boot, in the order in which a machine takes them. */
export const Stages = [
  "discover",
  "offer",
  "ack",
  "boot-server",
  "loader",
  "ipxe",
  "script",
  "kernel",
  "initrd",
  "asset",
  "config",
  "system",
  "user-space",
] as const;
export type Stage = (typeof Stages)[number];

/** One bar of the waterfall; times are milliseconds since the machine's first sign of life. */
export type TimelineRow = {
  readonly stage: Stage;
  readonly startMs: number;
  readonly endMs: number;
  readonly outcome: "done" | "failed" | "open";
  readonly bytes?: number;
  /** What was moved or said: a file, an address, a profile. */
  readonly detail?: string;
  /** Why it failed, or what was seen besides. */
  readonly reason?: string;
};

/** One boot of one machine, from its first DISCOVER on. */
export type Timeline = {
  readonly mac: MacAddress;
  readonly startedAt: number;
  readonly address?: string;
  readonly arch?: string;
  readonly profile?: string;
  readonly rows: readonly TimelineRow[];
  /** What the last plan told this machine to fetch; asset requests are named by it. */
  readonly kernel?: string;
  readonly initrd?: readonly string[];
};

/** Rows kept of one boot; a machine that loops cannot grow its timeline past this. */
export const rowLimit = 64;

/** The newest boot of each machine, in order of first sight. Events without a MAC belong to nobody. */
export function foldTimelines(events: readonly BootEvent[]): readonly Timeline[] {
  const boots = new Map<MacAddress, Timeline>();
  for (const event of events) {
    if (event.mac === undefined || event.kind === "finding") continue;
    const next = addToTimeline(boots.get(event.mac), { ...event, mac: event.mac });
    if (next !== undefined) boots.set(event.mac, next);
  }
  return [...boots.values()];
}

type KnownEvent = BootEvent & { readonly mac: MacAddress };

/** The timeline after one more event; a machine that starts over begins a new one. */
function addToTimeline(before: Timeline | undefined, event: KnownEvent): Timeline {
  const fresh = before === undefined || startsOver(before, event);
  const started = event.at - ("ms" in event ? event.ms : 0);
  const boot = fresh ? { mac: event.mac, startedAt: started, rows: [] } : before;
  const seen = noteMachine(boot, event);
  if (event.kind === "plan") {
    const { kernel, initrd, profile } = event;
    return { ...seen, kernel: pathOf(kernel), initrd: initrd.map(pathOf), profile };
  }
  const rows = addRow(seen, event);
  return rows.length > rowLimit ? seen : { ...seen, rows };
}

// Firmware asks anew after it got somewhere, or a ROM's iPXE does after a kernel was fetched: a reboot.
function startsOver(boot: Timeline, event: BootEvent): boolean {
  if (event.kind !== "dhcp" || event.message !== "discover" || event.port === 4011) return false;
  if (event.stage === "firmware") return boot.rows.some((row) => !isFirstTalk(row));
  return event.stage === "ipxe" && boot.rows.some((row) => isLate(row.stage));
}

function isFirstTalk(row: TimelineRow): boolean {
  return row.stage === "discover" || row.stage === "offer";
}

function isLate(stage: Stage): boolean {
  return Stages.indexOf(stage) >= Stages.indexOf("kernel");
}

function noteMachine(boot: Timeline, event: BootEvent): Timeline {
  const arch = event.kind === "dhcp" ? event.arch : undefined;
  return {
    ...boot,
    ...(event.address ? { address: formatIp(event.address) } : {}),
    ...(arch ? { arch } : {}),
  };
}

function addRow(boot: Timeline, event: BootEvent): readonly TimelineRow[] {
  switch (event.kind) {
    case "dhcp":
      return addDhcp(boot, event);
    case "tftp":
      return addTftp(boot, event);
    case "http":
      return addHttp(boot, event);
    case "report":
      return addReport(boot, event);
    case "plan":
    case "finding":
    case "dhcp-mode":
      return boot.rows;
  }
}

type Of<K extends BootEvent["kind"]> = Extract<BootEvent, { kind: K }>;

// The first talk is shown message by message; each later program's talk is one row, open until its ACK.
function addDhcp(boot: Timeline, event: Of<"dhcp">): readonly TimelineRow[] {
  const stage = dhcpStage(boot, event);
  const at = event.at - boot.startedAt;
  if (stage === "ipxe" || stage === "system" || stage === "boot-server") {
    return joinTalk(boot.rows, stage, event, at);
  }
  if (stage === undefined) return boot.rows;
  const last = boot.rows.findLast((row) => row.stage === stage);
  const row: TimelineRow = {
    stage,
    startMs: last?.startMs ?? at,
    endMs: at,
    outcome: event.message === "nak" ? "failed" : "done",
    ...detailOf(event),
    ...reasonOf(event),
  };
  // A client that repeats itself stretches its row: the length is how long it went unheard.
  return last ? boot.rows.map((old) => (old === last ? row : old)) : [...boot.rows, row];
}

function dhcpStage(boot: Timeline, event: Of<"dhcp">): Stage | undefined {
  // Who gives an address back names no program: edk2 does before it loads a file by IPv6.
  if (event.message === "release" || event.message === "decline") return undefined;
  if (event.stage === "operating-system") return "system";
  if (event.port === 4011) return "boot-server";
  const secondTalk = boot.rows.some((row) => row.stage === "ipxe" || isFileRow(row));
  if (event.stage === "ipxe" && (secondTalk || firstStage(boot) === "firmware")) return "ipxe";
  if (event.message === "discover") return "discover";
  if (event.message === "offer") return "offer";
  return event.message === "ack" || event.message === "nak" ? "ack" : undefined;
}

function firstStage(boot: Timeline): string | undefined {
  return boot.rows[0]?.detail;
}

function isFileRow(row: TimelineRow): boolean {
  return Stages.indexOf(row.stage) >= Stages.indexOf("loader");
}

function joinTalk(
  rows: readonly TimelineRow[],
  stage: Stage,
  event: Of<"dhcp">,
  at: number,
): readonly TimelineRow[] {
  const last = rows.findLast((row) => row.stage === stage);
  const ended = event.message === "ack" || event.message === "nak";
  const row: TimelineRow = {
    stage,
    startMs: last?.startMs ?? at,
    endMs: at,
    outcome:
      event.message === "nak" ? "failed" : ended || last?.outcome === "done" ? "done" : "open",
    ...(event.file ? { detail: event.file } : last?.detail ? { detail: last.detail } : {}),
    ...reasonOf(event),
  };
  return last ? rows.map((old) => (old === last ? row : old)) : [...rows, row];
}

function detailOf(event: Of<"dhcp">): { detail?: string } {
  if (event.message === "discover") return { detail: event.stage };
  const address = event.address ? formatIp(event.address) : undefined;
  const detail = event.message === "ack" ? address : event.file;
  return detail ? { detail } : {};
}

// Why an answer is as it is interests the log; here only why there is none, or a refusal.
function reasonOf(event: Of<"dhcp">): { reason?: string } {
  const told = event.direction === "in" || event.message === "nak";
  return told && event.reason ? { reason: event.reason } : {};
}

// Neither reports, which have rows of their own, nor images, which a booted system pulls.
const HttpStages: Partial<Record<HttpResource, Stage>> = {
  script: "script",
  ipxe: "script",
  grub: "script",
  loader: "loader",
  asset: "asset",
  ignition: "config",
  cloud: "config",
  generic: "config",
  metadata: "config",
};

function addHttp(boot: Timeline, event: Of<"http">): readonly TimelineRow[] {
  const usual = HttpStages[event.resource];
  if (usual === undefined) return boot.rows;
  const path = pathOf(event.path);
  const isAsset = event.resource === "asset";
  const stage: Stage =
    isAsset && path === boot.kernel
      ? "kernel"
      : isAsset && boot.initrd?.includes(path)
        ? "initrd"
        : usual;
  const failed = event.status >= 400;
  const row = transferRow(boot, stage, {
    ...event,
    file: path,
    outcome: failed ? "failed" : "sent",
    ...(failed ? { reason: `http-${event.status}` } : {}),
  });
  const last = boot.rows.at(-1);
  // The script that iPXE asks for by address and the one it is sent on to are one step.
  if (stage !== "script" || last?.stage !== "script" || last.outcome === "failed") {
    return [...boot.rows, row];
  }
  const bytes = (last.bytes ?? 0) + (row.bytes ?? 0);
  return [...boot.rows.slice(0, -1), { ...row, startMs: last.startMs, bytes }];
}

// What boot programs ask for and can do without is no step, and its absence no failure.
function addTftp(boot: Timeline, event: Of<"tftp">): readonly TimelineRow[] {
  if (event.outcome === "refused" && isOptional(event.file)) return boot.rows;
  return [...boot.rows, transferRow(boot, tftpStage(boot, `/${event.file}`), event)];
}

function tftpStage(boot: Timeline, path: string): Stage {
  if (path === boot.kernel) return "kernel";
  if (boot.initrd?.includes(path)) return "initrd";
  return /(^|\/)(grub\.cfg[^/]*|[^/]+\.ipxe)$/.test(path) ? "script" : "loader";
}

type Transfer = {
  readonly at: number;
  readonly ms: number;
  readonly bytes: number;
  readonly file: string;
  readonly outcome: "sent" | "probe" | "failed" | "refused";
  readonly reason?: string;
};

function transferRow(boot: Timeline, stage: Stage, transfer: Transfer): TimelineRow {
  const { at, ms, bytes, file, outcome, reason } = transfer;
  const end = at - boot.startedAt;
  const failed = outcome === "failed" || outcome === "refused";
  return {
    stage,
    startMs: Math.max(0, end - ms),
    endMs: end,
    outcome: failed ? "failed" : "done",
    bytes,
    detail: file,
    ...(outcome === "probe" ? { reason: "size probe" } : {}),
    ...(failed && reason ? { reason } : {}),
  };
}

// An installer tells of the same step many times: they are one row, which grows.
function addReport(boot: Timeline, event: Of<"report">): readonly TimelineRow[] {
  const { stage: word, message, bytes } = event;
  const at = event.at - boot.startedAt;
  const last = boot.rows.at(-1);
  const isSame = last?.stage === "user-space" && last.detail?.split(":", 1)[0] === word;
  const row: TimelineRow = {
    stage: "user-space",
    startMs: isSame ? last.startMs : at,
    endMs: at,
    outcome: word === "failed" ? "failed" : "done",
    detail: message ? `${word}: ${message}` : word,
    ...(bytes !== undefined && { bytes }),
  };
  return isSame ? [...boot.rows.slice(0, -1), row] : [...boot.rows, row];
}

function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/]+/, "").replace(/[?#].*$/, "");
}
