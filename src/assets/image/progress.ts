import { assertNever } from "../../errors.ts";
import type { Voucher } from "./manifest.ts";
import type { RawStep } from "./raw-digest.ts";

/** How far a pull is. */
export type ImageProgress =
  | { readonly kind: "resolving"; readonly image: string }
  | { readonly kind: "resolved"; readonly image: string; readonly files: number }
  | {
      readonly kind: "fetching";
      readonly file: string;
      readonly bytes: number;
      readonly total?: number | undefined;
      /** Bytes that were here before. */
      readonly resumed: number;
    }
  /** A disk image is unpacked once, for the checksum of what it holds. */
  | RawStep
  | { readonly kind: "broke"; readonly file: string; readonly reason: string }
  | {
      readonly kind: "verified";
      readonly file: string;
      readonly bytes: number;
      readonly by: string;
    };

/** When how many bytes were here: enough to know a rate. */
export type RateSample = { readonly at: number; readonly bytes: number };

/** What a rate is measured over; longer ago says little of how long the rest will take. */
const windowMs = 10_000;

/** The samples that still count, with a new one. */
export function addSample(
  samples: readonly RateSample[],
  sample: RateSample,
): readonly RateSample[] {
  const first = samples.findLastIndex(({ at }) => at <= sample.at - windowMs);
  return [...samples.slice(Math.max(first, 0)), sample];
}

/** Bytes a second; undefined while there is too little to tell. */
export function rateOf(samples: readonly RateSample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at - first.at < 500) return undefined;
  return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
}

/** One line for a terminal of so many columns: what, a bar, how much, how fast, how long yet. */
export function formatProgress(
  { file, bytes, total }: Extract<ImageProgress, { kind: "fetching" }>,
  rate: number | undefined,
  columns: number,
): string {
  const share = total === undefined || total === 0 ? undefined : Math.min(1, bytes / total);
  const left = rate && total !== undefined ? formatSeconds((total - bytes) / rate) : "";
  const words = [
    share === undefined ? "" : `${Math.floor(share * 100)}`.padStart(3).concat(" %"),
    formatBytes(bytes).padStart(8),
    rate === undefined ? "".padStart(10) : `${formatBytes(rate)}/s`.padStart(10),
    left.padStart(7),
  ];
  const tail = words.filter((word) => word !== "").join("  ");
  const name = file.length > 28 ? `…${file.slice(-27)}` : file.padEnd(28);
  const room = Math.min(40, columns - name.length - tail.length - 5);
  const bar = share === undefined || room < 8 ? "" : `${barOf(share, room)}  `;
  return `${name}  ${bar}${tail}`.slice(0, Math.max(0, columns - 1));
}

/** `820 B`, `14.2 MB`, `3.06 GB`: decimal, as disks and networks count. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** `8 s`, `3m 20s`, `2h 5m`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
}

function barOf(share: number, width: number): string {
  const full = Math.round(share * width);
  return `${"█".repeat(full)}${"·".repeat(width - full)}`;
}

/** In a few words, who vouched. */
export function describeVouchers(vouchers: readonly Voucher[]): string {
  const words = vouchers.map((voucher) => {
    switch (voucher.kind) {
      case "signature":
        return `signed by ${voucher.owner}, ${voucher.signing}`;
      case "document":
        return `listed in ${voucher.document}`;
      case "recipe":
        return "listed in the recipe";
      case "operator":
        return "the operator who brought it";
      case "https":
        return `HTTPS to ${voucher.host}`;
      default:
        return assertNever(voucher);
    }
  });
  return words.join(", ");
}
