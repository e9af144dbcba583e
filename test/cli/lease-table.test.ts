import { describe, expect, it } from "vitest";
import { formatLeases, spanInWords } from "../../src/cli/lease-table.ts";

describe("the table of leases", () => {
  it("is sorted by address, and says what is not known with a hyphen", () => {
    const row = { mac: "52:54:00:77:00:10", state: "bound", relayed: false };
    const rows = [
      { ...row, address: "10.77.0.100", expires: 60_000, stage: "ipxe", arch: "efi-x64" },
      { ...row, address: "10.77.0.9", state: "reserved", reserved: true, hostname: "node1" },
      { ...row, address: "10.77.0.20", reserved: true, relayed: true, expires: 0 },
    ];
    expect(
      formatLeases(rows, 1000)
        .split("\n")
        .map((line) => line.trim()),
    ).toEqual([
      "ADDRESS      MAC                NAME   STATE            EXPIRES  LAST SEEN AS   RELAY",
      "10.77.0.9    52:54:00:77:00:10  node1  reserved         -        -              no",
      "10.77.0.20   52:54:00:77:00:10  -      bound, reserved  1s ago   -              yes",
      "10.77.0.100  52:54:00:77:00:10  -      bound            in 59s   ipxe, efi-x64  no",
      "",
    ]);
  });

  it.each([
    [0, "now"],
    [59_400, "in 59s"],
    [-3_600_000, "1h ago"],
    [90_061_000, "in 1d 1h"],
    [86_460_000, "in 1d 1m"],
  ])("%d ms are %s", (ms, want) => expect(spanInWords(ms)).toBe(want));
});
