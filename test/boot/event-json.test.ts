import { describe, expect, it } from "vitest";
import type { BootEvent } from "../../src/boot/event.ts";
import { formatEvent, parseEvent } from "../../src/boot/event-json.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseIpv6 } from "../../src/wire/ipv6.ts";
import { parseMac } from "../../src/wire/mac.ts";

const report: BootEvent = { at: 5, kind: "report", stage: "up" };
const known = { mac: parseMac("52:54:00:77:00:10"), address: parseIpv4("10.77.0.100") };

describe("formatEvent", () => {
  it("writes the address as people read it", () => {
    expect(JSON.parse(formatEvent({ ...report, ...known }))).toEqual({
      ...{ at: 5, kind: "report", stage: "up" },
      ...{ mac: "52:54:00:77:00:10", address: "10.77.0.100" },
    });
  });

  const six = { ...report, address: parseIpv6("fd77::5") };
  it.each([{ event: report }, { event: { ...report, ...known } }, { event: six }])(
    "is undone by parseEvent",
    ({ event }) => {
      expect(parseEvent(formatEvent(event))).toEqual(event);
    },
  );
});
