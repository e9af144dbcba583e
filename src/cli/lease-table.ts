import { formatColumns } from "./columns.ts";

/** A row of `GET /v1/leases`. */
export type LeaseRow = {
  readonly address: string;
  readonly mac: string;
  readonly hostname?: string;
  readonly state: string;
  readonly reserved?: boolean;
  readonly expires?: number;
  readonly relayed?: boolean;
  readonly arch?: string;
  readonly stage?: string;
};

/** Leases as people read them, by address; pure: the time is an argument. */
export function formatLeases(rows: readonly LeaseRow[], now: number): string {
  const head = ["ADDRESS", "MAC", "NAME", "STATE", "EXPIRES", "LAST SEEN AS", "RELAY"];
  const lines = sortLeases(rows).map((row) => [
    row.address,
    row.mac,
    row.hostname ?? "-",
    row.reserved && row.state !== "reserved" ? `${row.state}, reserved` : row.state,
    row.expires === undefined ? "-" : spanInWords(row.expires - now),
    [row.stage, row.arch].filter((word) => word !== undefined).join(", ") || "-",
    row.relayed ? "yes" : "no",
  ]);
  return formatColumns([head, ...lines]);
}

export function sortLeases(rows: readonly LeaseRow[]): readonly LeaseRow[] {
  return rows.toSorted((a, b) => numberOf(a.address) - numberOf(b.address));
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

const Units = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
] as const;

/** `in 3h 12m`, `5m 2s ago`: the two largest units are enough. */
export function spanInWords(ms: number): string {
  let rest = Math.round(Math.abs(ms) / 1000);
  if (rest === 0) return "now";
  const parts = Units.flatMap(([unit, seconds]) => {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    return count === 0 ? [] : [`${count}${unit}`];
  });
  const words = parts.slice(0, 2).join(" ");
  return ms > 0 ? `in ${words}` : `${words} ago`;
}
