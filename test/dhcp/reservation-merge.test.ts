import { describe, expect, it } from "vitest";
import { mergeReservations } from "../../src/dhcp/reservation-merge.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseUuid } from "../../src/wire/uuid.ts";

const mac = parseMac("52:54:00:77:00:10");
const other = parseMac("52:54:00:77:00:11");
const uuid = parseUuid("4c4c4544-0051-3610-8052-b4c04f4a3132");
const config = [{ mac, uuid, address: parseIpv4("10.77.0.5"), hostname: "node1" }];

describe("reservations of the configuration and of the state", () => {
  it("count both where they have nothing in common", () => {
    const kept = [{ mac: other, address: parseIpv4("10.77.0.6"), hostname: "node2" }];
    const reservations = [...config, ...kept];
    expect(mergeReservations(config, kept)).toEqual({ reservations, shadowed: [] });
  });

  it.each([
    ["MAC", { mac, hostname: "x" }, mac],
    ["UUID", { uuid, hostname: "x" }, uuid],
    ["address", { mac: other, address: parseIpv4("10.77.0.5") }, "10.77.0.5"],
    ["name", { mac: other, hostname: "node1" }, "node1"],
  ])("the configuration's counts where both have one %s", (_by, kept, common) => {
    expect(mergeReservations(config, [kept])).toEqual({
      reservations: config,
      shadowed: [{ reservation: kept, common }],
    });
  });
});
