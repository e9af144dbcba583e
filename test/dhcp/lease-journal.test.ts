import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Lease } from "../../src/dhcp/lease.ts";
import {
  formatLeases,
  isMostlyPast,
  type JournalReading,
  journalHeader,
  parseJournal,
} from "../../src/dhcp/lease-journal.ts";
import { crc32 } from "../../src/wire/crc32.ts";
import type { Ipv4Address } from "../../src/wire/ipv4.ts";
import { parseUuid } from "../../src/wire/uuid.ts";
import { noon } from "../support/dhcp-site.ts";
import { hour, lease, otherMac } from "../support/dhcp-world.ts";

const plain = lease({ at: "10.77.0.120" });
const full: Lease = {
  ...lease({ at: "10.77.0.121", of: otherMac }),
  relayed: true,
  uuid: parseUuid("33221100-5544-7766-8899-aabbccddeeff"),
  hostname: "node-ä\n1",
  relayAgent: "010465746830",
  clientId: "01525400770011",
};
const mark = { wall: noon, time: noon - hour, uptime: { boot: "4c0e1f2a-7d1b", ms: 60_000 } };
const lines = [journalHeader, formatLeases([plain, full], mark), formatLeases([])];
const text = lines.join("");
const withSum = (body: string) =>
  `${crc32(Buffer.from(body)).toString(16).padStart(8, "0")} ${body}\n`;
const sound = { kind: "sound", leases: [plain, full], lines: 3, mark, torn: 0 } as const;

const files: { name: string; file: string; want: JournalReading }[] = [
  { name: "what was written", file: text, want: sound },
  {
    name: "a time without the host's uptime, as earlier versions wrote it",
    file: [journalHeader, formatLeases([plain], { wall: noon, time: noon })].join(""),
    want: { ...sound, leases: [plain], lines: 2, mark: { wall: noon, time: noon } },
  },
  { name: "nothing", file: "", want: { kind: "empty" } },
  {
    name: "a header alone",
    file: journalHeader,
    want: { kind: "sound", leases: [], lines: 1, torn: 0 },
  },
  {
    name: "a last line without its end",
    file: text + formatLeases([{ ...plain, state: "released" }]).slice(0, -1),
    want: { ...sound, torn: formatLeases([{ ...plain, state: "released" }]).length - 1 },
  },
  { name: "a last line that is noise", file: `${text}\0\0\0\0\n\0`, want: { ...sound, torn: 6 } },
  {
    name: "more noise at the end than one write holds",
    file: text + "\0".repeat(1024 * 1024 + 1),
    want: { kind: "damaged", leases: [plain, full], lines: 3, mark, badLines: 1 },
  },
  {
    name: "a line within that is not what was written",
    file: [journalHeader, formatLeases([plain]).replace("bound", "bounc"), ...lines.slice(1)].join(
      "",
    ),
    want: { kind: "damaged", leases: [plain, full], lines: 3, mark, badLines: 1 },
  },
  {
    name: "a page of zeros over the header",
    file: `${"\0".repeat(journalHeader.length - 1)}\n${lines[1]}`,
    want: { kind: "damaged", leases: [plain, full], lines: 1, mark, badLines: 1 },
  },
  { name: "another program's file", file: "SQLite format 3\0\n\n", want: { kind: "garbage" } },
  {
    name: "a newer version's",
    file: withSum('{"kindling":"leases","version":3}') + withSum('{"what":"ever"}'),
    want: { kind: "newer", version: 3 },
  },
];
it.each(files)("reads $name", ({ file, want }) => {
  expect(parseJournal(Buffer.from(file))).toEqual(want);
});

it("takes of each address what was written last, a client's newest lease behind its others", () => {
  const moved = lease({ at: "10.77.0.130" });
  const back = { ...plain, expires: noon + 2 * hour };
  const file = [journalHeader, ...[[plain], [moved], [back]].map((one) => formatLeases(one))].join(
    "",
  );
  expect(parseJournal(Buffer.from(file))).toMatchObject({ leases: [moved, back], lines: 4 });
});

describe("whatever a crash or a disk does", () => {
  const many = Array.from({ length: 20 }, (_, index): Lease => {
    return { ...plain, address: (plain.address + index) as Ipv4Address };
  });
  const whole = Buffer.from(journalHeader + many.map((one) => formatLeases([one])).join(""));

  it("keeps every lease before the place where the file was cut", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length }), (length) => {
        const reading = parseJournal(whole.subarray(0, length));
        const lineEnds = whole.subarray(0, length).filter((octet) => octet === 10).length;
        const leases = "leases" in reading ? reading.leases : [];
        expect(leases).toEqual(many.slice(0, Math.max(0, lineEnds - 1)));
      }),
    );
  });

  it("never takes a lease that was not written, and never throws", () => {
    const scratch = fc.record({
      at: fc.integer({ min: 0, max: whole.length - 1 }),
      noise: fc.uint8Array({ minLength: 1, maxLength: 64 }),
    });
    fc.assert(
      fc.property(scratch, ({ at, noise }) => {
        const file = Buffer.from(whole);
        file.set(noise.subarray(0, file.length - at), at);
        const reading = parseJournal(file);
        for (const one of "leases" in reading ? reading.leases : [])
          expect(many).toContainEqual(one);
      }),
    );
  });
});

it.each([
  { lines: 10_000, leases: 0, want: false },
  { lines: 10_001, leases: 5_000, want: true },
  { lines: 10_001, leases: 5_001, want: false },
  { lines: 200_000, leases: 100_000, want: false },
  { lines: 200_001, leases: 100_000, want: true },
])("rewrites $lines lines of $leases leases: $want", ({ lines: count, leases, want }) => {
  expect(isMostlyPast(count, leases)).toBe(want);
});
