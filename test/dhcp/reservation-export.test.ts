import { describe, expect, it } from "vitest";
import { type ExportRow, formatExport } from "../../src/dhcp/reservation-export.ts";
import {
  guessFormat,
  importFormats,
  parseImport,
} from "../../src/dhcp/reservation-import/format.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseUuid } from "../../src/wire/uuid.ts";

const mac = parseMac("52:54:00:77:00:10");
const known = [
  { mac, address: parseIpv4("10.77.0.9"), hostname: "node1" },
  { mac: parseMac("52:54:00:77:00:11"), address: parseIpv4("10.77.0.10") },
  { mac: parseMac("52:54:00:77:00:12"), hostname: "node3" },
];
const uuid = parseUuid("4c4c4544-0051-3610-8052-b4c04f4a3132");
const rows: readonly ExportRow[] = [
  ...known.map((row) => ({ ...row, source: "state" as const })),
  { uuid, address: parseIpv4("10.77.0.12"), source: "config" },
];

describe("reservations that leave", () => {
  it.each(importFormats)("come back the same from %s, but for those by UUID", (format) => {
    const text = formatExport(rows, format);
    const back = parseImport(text, format);
    const hosts = back.flatMap((one) => (one.kind === "host" ? [one.host] : []));
    const [first, second, third] = hosts;
    expect([first, { ...second, hostname: undefined }, third]).toEqual([
      known[0],
      { ...known[1], hostname: undefined },
      known[2],
    ]);
    expect(text).toContain(uuid);
    expect(guessFormat(text)).toBe(format);
  });

  it("are all in JSON and in a table", () => {
    expect(JSON.parse(formatExport(rows, "json")).reservations).toMatchObject([
      { mac, address: "10.77.0.9", hostname: "node1", source: "state" },
      {},
      {},
      { uuid, address: "10.77.0.12", source: "config" },
    ]);
    expect(formatExport(rows, "csv")).toBe(
      [
        "mac,uuid,clientId,circuitId,remoteId,address,hostname,source",
        `${mac},,,,,10.77.0.9,node1,state`,
        "52:54:00:77:00:11,,,,,10.77.0.10,,state",
        "52:54:00:77:00:12,,,,,,node3,state",
        `,${uuid},,,,10.77.0.12,,config`,
        "",
      ].join("\n"),
    );
  });
});
