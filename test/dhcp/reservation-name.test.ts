import { expect, it } from "vitest";
import { readMachineName } from "../../src/dhcp/reservation-name.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseUuid } from "../../src/wire/uuid.ts";

const mac = parseMac("52:54:00:77:00:10");
const newer = parseMac("52:54:00:77:00:11");
const uuid = parseUuid("4c4c4544-0051-3610-8052-b4c04f4a3132");
const known = {
  kept: [{ uuid, hostname: "kept" }],
  leases: [
    { mac, hostname: "twice" },
    { mac: newer, hostname: "twice" },
  ],
};

it.each([
  ["52-54-00-77-00-10", { mac }],
  [uuid.toUpperCase(), { uuid }],
  ["ffffffff-ffff-ffff-ffff-ffffffffffff", undefined],
  ["KEPT", { uuid }],
  ["twice", { mac: newer }],
  ["ghost", undefined],
])("%s names %o", (word, want) => expect(readMachineName(word, known)).toEqual(want));
