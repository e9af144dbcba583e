import { describe, expect, it } from "vitest";
import { checkDuid, formDuid, macOfDuid } from "../../src/dhcp6/duid.ts";
import { WireError } from "../../src/errors.ts";
import { parseUuid } from "../../src/wire/uuid.ts";

describe("macOfDuid", () => {
  it.each([
    ["link-layer and time", "00010001" + "2a2b2c2d" + "525400770010", "52:54:00:77:00:10"],
    ["link-layer", "00030001" + "525400770010", "52:54:00:77:00:10"],
    ["another hardware", "00030020" + "525400770010", undefined],
    ["a longer address", "00030001" + "52540077001000", undefined],
    ["UUID", `0004${"00".repeat(16)}`, undefined],
    ["enterprise", "0002" + "00000157" + "525400770010", undefined],
  ])("%s", (_, hex, want) => {
    expect(macOfDuid(Buffer.from(hex, "hex"))).toBe(want);
  });
});

it("a server's identifier is its UUID behind type 4", () => {
  const duid = formDuid(parseUuid("12345678-9abc-def0-1234-56789abcdef0"));
  expect(Buffer.from(duid).toString("hex")).toBe("0004123456789abcdef0123456789abcdef0");
});

it.each([0, 2, 131])("an identifier of %i bytes is none", (length) => {
  expect(() => checkDuid(new Uint8Array(length), "option 1")).toThrow(WireError);
});
