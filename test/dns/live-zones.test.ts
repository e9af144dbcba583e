import { beforeEach, describe, expect, it } from "vitest";
import { LiveZones } from "../../src/dns/live-zones.ts";
import { parseName } from "../../src/dns/name.ts";
import { parseDnsSettings } from "../../src/dns/settings.ts";
import { type Log, silentLog } from "../../src/runtime/log.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { dnsSettings, FakeBindings } from "../support/dns.ts";
import { FakeClock } from "../support/fake-clock.ts";

const local = parseIpv4("10.77.0.1");
const interfaces = [{ address: local, subnet: parseSubnet("10.77.0.0/24") }];
const domain = parseName("kindling.lan");
let clock: FakeClock;
let bindings: FakeBindings;
let warnings: unknown[];
let zones: LiveZones;

beforeEach(() => {
  clock = new FakeClock(1_700_000_000_999);
  bindings = new FakeBindings(["node1 10.77.0.11"]);
  warnings = [];
  const log: Log = { ...silentLog, warn: (_, fields) => void warnings.push(fields) };
  zones = new LiveZones({ interfaces, bindings, clock, log }, parseDnsSettings(dnsSettings()));
});

const serial = () => zones.seenFrom(local).get(domain)?.soa.data;

describe("LiveZones", () => {
  it("builds once for all questions between two changes", () => {
    const zone = zones.seenFrom(local);
    expect(zones.seenFrom(local)).toBe(zone);
    bindings.replace(["node2 10.77.0.12"]);
    expect(zones.seenFrom(local)).not.toBe(zone);
  });

  it.each([
    { cost: 3, rest: 60 },
    { cost: 300, rest: 2_000 },
  ])("rests $rest ms after a build of $cost ms, however much changes", ({ cost, rest }) => {
    const slow = {
      bindings: () => {
        clock.step(cost);
        return bindings.bindings();
      },
      onChange: (listener: () => void) => bindings.onChange(listener),
    };
    const plan = parseDnsSettings(dnsSettings());
    using resting = new LiveZones({ interfaces, bindings: slow, clock, log: silentLog }, plan);
    const zone = resting.seenFrom(local);
    bindings.replace(["node2 10.77.0.12"]);
    clock.step(rest - 1);
    expect(resting.seenFrom(local)).toBe(zone);
    clock.step(1);
    expect(resting.seenFrom(local)).not.toBe(zone);
  });

  it.each([60_000, -60_000])(
    "builds anew when the answers may be cached no longer: %d ms",
    (ms) => {
      const zone = zones.seenFrom(local);
      clock.step(ms - Math.sign(ms));
      expect(zones.seenFrom(local)).toBe(zone);
      clock.step(Math.sign(ms));
      expect(zones.seenFrom(local)).not.toBe(zone); // a lease that ran out took its name along
    },
  );

  it("counts the serial up, with the clock ahead, standing or set back", () => {
    const serials = [0, 5_000, 0, -9_000].map((ms) => {
      clock.step(ms);
      bindings.replace([]);
      return serial();
    });
    const start = 1_700_000_000;
    expect(serials).toMatchObject(
      [start, start + 5, start + 6, start + 7].map((it) => ({ serial: it })),
    );
  });

  it("reports a problem when it appears, and again only after it was gone", () => {
    const bad = "wpad 10.77.0.66";
    for (const rows of [[bad], [bad], [], [bad]]) {
      bindings.replace(rows);
      zones.seenFrom(local);
    }
    const problem = { reason: "hijack-name", name: "wpad.kindling.lan", address: "10.77.0.66" };
    expect(warnings).toMatchObject([problem, problem]);
  });

  it("knows no zones for an address that is not served", () =>
    expect(zones.seenFrom(parseIpv4("10.99.0.1")).size).toBe(0));

  it("stops listening when disposed of", () => {
    zones[Symbol.dispose]();
    expect(bindings.listeners).toBe(0);
  });
});
