import type { Stage, Timeline, TimelineRow } from "../boot/timeline.ts";

/** Room and time to draw for; `nowMs` ends a boot that is still going on, since its first sign of life. */
export type WaterfallOptions = {
  readonly width: number;
  readonly nowMs?: number;
  /** No bars, for rows that are printed while the scale still grows. */
  readonly plain?: boolean;
  /** ANSI colours; without them the text alone says everything. */
  readonly color?: boolean;
};

const Labels: Readonly<Record<Stage, string>> = {
  discover: "DISCOVER",
  offer: "OFFER",
  ack: "ACK",
  "boot-server": "boot server",
  loader: "loader",
  ipxe: "iPXE",
  script: "script",
  kernel: "kernel",
  initrd: "initrd",
  asset: "asset",
  config: "config",
  system: "system DHCP",
  "user-space": "user space up",
};

const labelWidth = 14;
const timesWidth = 28;
const shortestBar = 10;
const longestBar = 60;

/** One boot as lines of text no wider than `width`: label, bar on a common time scale, start, length, size, detail. */
export function renderWaterfall(boot: Timeline, options: WaterfallOptions): readonly string[] {
  const lastMs = Math.max(1, options.nowMs ?? 0, ...boot.rows.map((row) => row.endMs));
  const bar = barWidth(options.width);
  const head = [
    boot.mac,
    boot.address,
    boot.arch,
    boot.profile && `profile ${boot.profile}`,
    seconds(lastMs),
  ];
  return [
    clip(head.filter(Boolean).join("  "), options.width),
    ...boot.rows.map((row) => rowLine(row, { lastMs, bar, ...options })),
  ];
}

function barWidth(width: number): number {
  const room = Math.floor((width - labelWidth - timesWidth) * 0.4);
  return Math.min(longestBar, Math.max(shortestBar, room));
}

type Scale = WaterfallOptions & { readonly lastMs: number; readonly bar: number };

function rowLine(row: TimelineRow, scale: Scale): string {
  const text = [
    Labels[row.stage].padEnd(labelWidth),
    ...(scale.plain ? [] : [barText(row, scale)]),
    seconds(row.startMs).padStart(8),
    length(row).padStart(8),
    size(row.bytes).padStart(9),
    ` ${[row.detail, row.reason && `(${row.reason})`].filter(Boolean).join(" ")}`,
  ].join(" ");
  const line = clip(text, scale.width);
  return scale.color ? paint(line, row.outcome) : line;
}

// At least one cell each, so that a step of a millisecond is still seen in a boot of a minute.
function barText({ startMs, endMs, outcome }: TimelineRow, { lastMs, bar }: Scale): string {
  const from = Math.min(bar - 1, Math.floor((startMs / lastMs) * bar));
  const to = Math.max(from + 1, Math.min(bar, Math.round((endMs / lastMs) * bar)));
  const cell = { done: "█", failed: "✗", open: "░" }[outcome];
  return `${"·".repeat(from)}${cell.repeat(to - from)}${" ".repeat(bar - to)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function length({ startMs, endMs }: TimelineRow): string {
  const ms = Math.round(endMs - startMs);
  if (ms === 0) return "";
  return ms < 10_000 ? `${ms} ms` : seconds(ms);
}

function size(bytes: number | undefined): string {
  if (bytes === undefined) return "";
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000
    ? `${(bytes / 1000).toFixed(1)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function clip(text: string, width: number): string {
  const line = text.trimEnd();
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

function paint(line: string, outcome: TimelineRow["outcome"]): string {
  const code = { done: 32, failed: 31, open: 33 }[outcome];
  return line.replace(/[█✗░]+/, (cells) => `\u001b[${code}m${cells}\u001b[0m`);
}
