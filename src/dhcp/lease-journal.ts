/**
 * The text of leases on disk: one line for each exchange that changed them, the newest last. A line is
 * whole or it does not count, so a file is sound up to wherever a crash tore it.
 *
 *     cbf43926 {"kindling":"leases","version":2}
 *     └─ CRC 32 of what follows the space, 8 hex digits
 *     1b2c3d4e {"wall":1795000000000,"time":1795000000000,"uptime":{"boot":"4c0e1f2a-7d1b","ms":60000},
 *               "leases":[{"address":"10.77.0.120",…}]}
 */
import { crc32 } from "../wire/crc32.ts";
import { formatIpv4, type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Lease } from "./lease.ts";
import type { TimeMark } from "./lease-clock.ts";

/** Version 1 was a database of SQLite. */
export const journalVersion = 2;

/** What a file turned out to be. */
export type JournalReading =
  /** `torn`: the bytes after the last whole line, which a crash left and no client was told of. */
  | (JournalContent & { readonly kind: "sound"; readonly torn: number })
  /** Lines within the file are not what was written; those that are whole count. */
  | (JournalContent & { readonly kind: "damaged"; readonly badLines: number })
  | { readonly kind: "empty" }
  | { readonly kind: "newer"; readonly version: number }
  | { readonly kind: "garbage" };

export type JournalContent = {
  /** Of each address what was written last; a client's newest lease comes after its others. */
  readonly leases: readonly Lease[];
  readonly mark?: TimeMark;
  readonly lines: number;
};

/** More than one write ever holds, so what is torn beyond it is damage of another kind. */
const maxTornBytes = 1024 * 1024;
const newline = 10;
const sumLength = 9; // eight digits and a space

/** The first line of every file. */
export const journalHeader = formatLine({ kindling: "leases", version: journalVersion });

/** One line: leases that count together or not at all, and the time where it is worth a word. */
export function formatLeases(leases: readonly Lease[], mark?: TimeMark): string {
  const written = leases.map((lease) => ({ ...lease, address: formatIpv4(lease.address) }));
  return formatLine({ ...mark, leases: written });
}

function formatLine(value: unknown): string {
  const text = JSON.stringify(value);
  return `${crc32(Buffer.from(text)).toString(16).padStart(8, "0")} ${text}\n`;
}

/** Never throws: whatever is in the file is one of the readings. */
export function parseJournal(bytes: Uint8Array): JournalReading {
  if (bytes.length === 0) return { kind: "empty" };
  const reader = new JournalReader();
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0; start < file.length; ) {
    const found = file.indexOf(newline, start);
    const end = found < 0 ? file.length : found;
    reader.take(found < 0 ? undefined : parseLine(file, start, end), end + 1);
    start = end + 1;
  }
  return reader.result(file.length);
}

type Line =
  | { readonly kind: "header"; readonly version: number }
  | { readonly kind: "leases"; readonly leases: readonly Lease[]; readonly mark?: TimeMark };

class JournalReader {
  readonly #leases = new Map<Ipv4Address, Lease>();
  #version: number | undefined;
  #mark: TimeMark | undefined;
  #lines = 0;
  #soundEnd = 0;
  #badLines = 0;
  #badSinceSound = 0;

  take(line: Line | undefined, end: number): void {
    if (line === undefined) {
      this.#badSinceSound += 1;
      return;
    }
    this.#badLines += this.#badSinceSound;
    this.#badSinceSound = 0;
    this.#soundEnd = end;
    this.#lines += 1;
    if (line.kind === "header") this.#version ??= line.version;
    else this.#put(line);
  }

  result(length: number): JournalReading {
    if (this.#version !== undefined && this.#version > journalVersion) {
      return { kind: "newer", version: this.#version };
    }
    if (this.#lines === 0) return { kind: "garbage" };
    const content = {
      leases: [...this.#leases.values()],
      lines: this.#lines,
      ...(this.#mark && { mark: this.#mark }),
    };
    const torn = length - Math.min(this.#soundEnd, length);
    const headless = this.#version === undefined;
    const badLines = this.#badLines + (torn > maxTornBytes ? this.#badSinceSound : 0);
    if (badLines > 0 || headless) return { kind: "damaged", ...content, badLines };
    return { kind: "sound", ...content, torn };
  }

  // Taken out first, so that the newest of a client's leases is the last of them in the map.
  #put({ leases, mark }: Line & { kind: "leases" }): void {
    this.#mark = mark ?? this.#mark;
    for (const lease of leases) {
      this.#leases.delete(lease.address);
      this.#leases.set(lease.address, lease);
    }
  }
}

// A start reads 100,000 of these, so no bytes are copied and no lease is made twice.
function parseLine(file: Buffer, start: number, end: number): Line | undefined {
  const body = start + sumLength;
  if (body >= end || sumAt(file, start) !== crc32(file, body, end)) return undefined;
  // proven: the sum says that these are the bytes which `formatLine` made, here or in a newer version
  const value = JSON.parse(file.toString("utf8", body, end)) as WrittenLine;
  if ("version" in value) return { kind: "header", version: value.version };
  if (!("leases" in value)) return undefined;
  const { wall, time, uptime } = value;
  const leases = value.leases.map(leaseOf);
  if (wall === undefined || time === undefined) return { kind: "leases", leases };
  return { kind: "leases", leases, mark: { wall, time, ...(uptime && { uptime }) } };
}

/** The eight digits and the space, which `formatLine` writes in one way only. */
function sumAt(file: Buffer, start: number): number | undefined {
  let sum = 0;
  for (let at = start; at < start + sumLength - 1; at += 1) {
    const octet = file[at] ?? 0;
    const digit = octet >= letterA ? octet - letterA + 10 : octet - zero;
    const isDigit = octet >= letterA ? digit < 16 : digit >= 0 && digit < 10;
    if (!isDigit) return undefined;
    sum = sum * 16 + digit;
  }
  return file[start + sumLength - 1] === space ? sum : undefined;
}

const space = 32;
const zero = 48;
const letterA = 97;

// Most are known by their MAC, so one text serves as both: 4 MB of 100,000.
function leaseOf(written: WrittenLease): Lease {
  const address = parseIpv4(written.address);
  const { key, mac } = written;
  if (key !== (mac as string | undefined)) return Object.assign(written, { address });
  return Object.assign(written, { address, mac: key as string as MacAddress }); // proven: equal text
}

type WrittenLease = Omit<Lease, "address"> & { readonly address: string };
type WrittenLine =
  | { readonly kindling: "leases"; readonly version: number }
  | (Partial<TimeMark> & { readonly leases: readonly WrittenLease[] });

/** Whether writing all leases anew is worth it: the file is mostly of the past. */
export function isMostlyPast(lines: number, leases: number): boolean {
  return lines > Math.max(pastLines, 2 * leases);
}

/** So many lines are kept before they are looked at: 3 MB, read in 40 ms. */
const pastLines = 10_000;
