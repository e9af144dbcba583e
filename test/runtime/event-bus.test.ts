import { describe, expect, it } from "vitest";
import type { BootEvent } from "../../src/boot/event.ts";
import { EventBus } from "../../src/runtime/event-bus.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { FakeClock } from "../support/fake-clock.ts";

const mac = parseMac("52:54:00:77:00:10");
const address = parseIpv4("10.77.0.100");
const report = { kind: "report", stage: "up" } as const;

describe("EventBus", () => {
  it("joins what is known by address to the machine last seen there", () => {
    const bus = new EventBus(new FakeClock());
    bus.publish({ ...report, mac, address });
    bus.publish({ ...report, address });
    bus.publish({ ...report, address: parseIpv4("10.77.0.101") });
    expect(bus.recent().map((event) => event.mac)).toEqual([mac, mac, undefined]);
  });

  it("stamps the moment and tells listeners until they leave", () => {
    const clock = new FakeClock(5000);
    const bus = new EventBus(clock);
    const heard: BootEvent[] = [];
    const subscription = bus.subscribe((event) => heard.push(event));
    bus.publish(report);
    clock.step(10);
    bus.publish(report);
    subscription[Symbol.dispose]();
    bus.publish(report);
    expect(heard.map(({ at }) => at)).toEqual([5000, 5010]);
  });

  it("keeps the newest and no more than the limit", () => {
    const bus = new EventBus(new FakeClock(), 3);
    for (let count = 0; count < 20; count += 1) bus.publish({ ...report, message: String(count) });
    expect(bus.recent().map((event) => event.kind === "report" && event.message)).toEqual([
      "17",
      "18",
      "19",
    ]);
  });
});
