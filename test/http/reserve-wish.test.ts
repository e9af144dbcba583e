import { describe, expect, it } from "vitest";
import { parseWishes } from "../../src/http/reserve-wish.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";

describe("the body of POST /v1/reservations", () => {
  it("is read field by field", () => {
    const reservations = [{ machine: "node1", address: "10.77.0.9", force: true, other: 1 }];
    expect(parseWishes(JSON.stringify({ reservations, dryRun: true }))).toEqual({
      wishes: [
        { machine: "node1", address: parseIpv4("10.77.0.9"), fromLease: false, force: true },
      ],
      isTrial: true,
    });
  });

  it.each([
    ["", "want JSON"],
    ["[]", "want an object"],
    ["{}", "want a list in reservations"],
    ['{"reservations":[1]}', "want an object for each reservation"],
    ['{"reservations":[{}]}', "want a machine"],
    ['{"reservations":[{"machine":1}]}', "want text for machine"],
    ['{"reservations":[{"machine":"a","address":"1.2"}]}', "IPv4"],
    ['{"reservations":[{"machine":"a","force":1}]}', "want true or false for force"],
    [JSON.stringify({ reservations: Array(501).fill({}) }), "want at most 500"],
  ])("%s: %s", (body, message) => {
    expect(() => parseWishes(body)).toThrow(message);
  });
});
