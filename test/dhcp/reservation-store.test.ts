import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openReservationStore } from "../../src/dhcp/reservation-store.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
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
