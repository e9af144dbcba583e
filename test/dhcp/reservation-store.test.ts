import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatReservationFile, parseReservationFile } from "../../src/dhcp/reservation-file.ts";
import { openReservationStore } from "../../src/dhcp/reservation-store.ts";
import { WireError } from "../../src/errors.ts";
import { type Ipv4Address, parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-reservations-"));
  path = join(folder, "state/reservations.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

const rows = [
  { mac: parseMac("52:54:00:77:00:10"), address: parseIpv4("10.77.0.9"), hostname: "node1" },
  { mac: parseMac("52:54:00:77:00:11") },
];

describe("the file of reservations", () => {
  it("is one line a row", () => {
    const text = formatReservationFile(rows);
    expect(text.split("\n")).toHaveLength(5);
    expect(text).toContain('{"mac":"52:54:00:77:00:10","hostname":"node1","address":"10.77.0.9"}');
  });

  it("gives back what it was given", () => {
    const address = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((it) => it as Ipv4Address); // proven: 32 bits
    const row = fc.record({
      mac: fc.constant(rows[0]?.mac ?? parseMac("52:54:00:77:00:10")),
      address,
    });
    fc.assert(
      fc.property(fc.array(row), (all) => {
        expect(parseReservationFile(formatReservationFile(all))).toEqual(all);
      }),
    );
  });

  it.each([
    "",
    "[]",
    '{"version":2,"reservations":[]}',
    '{"version":1,"reservations":[{}]}',
    '{"version":1,"reservations":[{"mac":1}]}',
    '{"version":1,"reservations":[{"mac":"52:54:00:77:00:10","hostname":"a b"}]}',
  ])("is refused as %s", (text) => {
    expect(() => parseReservationFile(text)).toThrow(WireError);
  });
});

describe("the store of reservations", () => {
  it("begins with none, makes its folder and leaves nothing beside its file", () => {
    const store = openReservationStore(path);
    expect(store.load()).toEqual([]);
    store.save(rows);
    expect(openReservationStore(path).load()).toEqual(rows);
    expect(readdirSync(join(folder, "state"))).toEqual(["reservations.json"]);
  });

  it("is not opened over a file that cannot be read, and leaves it alone", () => {
    mkdirSync(join(folder, "state"));
    writeFileSync(path, "{");
    expect(() => openReservationStore(path).load()).toThrow(/cannot read .*mend or move it/);
    expect(readFileSync(path, "utf8")).toBe("{");
  });

  it("says what to do where the disk takes nothing", () => {
    writeFileSync(join(folder, "state"), "a file");
    expect(() => openReservationStore(path).save(rows)).toThrow(/EEXIST|ENOTDIR/);
  });
});
