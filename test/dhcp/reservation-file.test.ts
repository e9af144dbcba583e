import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatReservationFile, parseReservationFile } from "../../src/dhcp/reservation-file.ts";
import { WireError } from "../../src/errors.ts";
import { type Ipv4Address, parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";

const mac = parseMac("52:54:00:77:00:10");
const rows = [
  { mac, address: parseIpv4("10.77.0.9"), hostname: "node1" },
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
      mac: fc.constant(mac),
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
