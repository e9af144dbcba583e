import { quantile } from "./series.ts";

/** What perfdhcp said of one run. */
export type PerfdhcpRun = {
  readonly exchanges: number;
  readonly lost: number;
  /** Milliseconds of both halves of an exchange, without what perfdhcp itself took between them. */
  readonly p50: number;
  readonly p99: number;
};

const Halves = ["DISCOVER-OFFER", "REQUEST-ACK"] as const;

/** Reads the report of `perfdhcp -x t`. */
export function parsePerfdhcp(text: string): PerfdhcpRun {
  const counts = Halves.map((half) => between(text, `***Statistics for: ${half}***`));
  const times = Halves.map((half) =>
    timesOf(between(text, `***Timestamps for packets: ${half}***`)),
  );
  const [offers = [], acks = []] = times;
  const both = acks.map((time, index) => time + (offers[index] ?? Number.NaN));
  const [, last = ""] = counts;
  return {
    exchanges: numberAfter(last, "received packets"),
    lost: counts.reduce((sum, part) => sum + numberAfter(part, "drops"), 0),
    p50: quantile(both, 0.5),
    p99: quantile(both, 0.99),
  };
}

function between(text: string, head: string): string {
  const start = text.indexOf(head);
  if (start < 0) return "";
  const end = text.indexOf("***", start + head.length);
  return text.slice(start, end < 0 ? undefined : end);
}

function numberAfter(part: string, name: string): number {
  return Number(new RegExp(`^${name}: (\\d+)`, "m").exec(part)?.[1]);
}

function timesOf(part: string): readonly number[] {
  const pairs = part.matchAll(/^sent \/ received: ([\d.]+) \/ ([\d.]+)$/gm);
  return [...pairs].map(([, sent, received]) => 1000 * (Number(received) - Number(sent)));
}
