import { beforeEach, describe, expect, it } from "vitest";
import { LiveZones } from "../../src/dns/live-zones.ts";
import { parseName } from "../../src/dns/name.ts";
import { parseDnsSettings } from "../../src/dns/settings.ts";
import { FindingBoard } from "../../src/runtime/finding-board.ts";
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
let findings: FindingBoard;
let zones: LiveZones;

beforeEach(() => {
  clock = new FakeClock(1_700_000_000_999);
  bindings = new FakeBindings(["node1 10.77.0.11"]);
  warnings = [];
  findings = new FindingBoard(() => {});
  const log: Log = { ...silentLog, warn: (_, fields) => void warnings.push(fields) };
  zones = new LiveZones(
    { interfaces, bindings, clock, log, findings },
    parseDnsSettings(dnsSettings()),
  );
});

const serial = () => zones.seenFrom(local).get(domain)?.soa.data;

describe("LiveZones", () => {
  it("builds once for all questions between two changes", () => {
    const zone = zones.seenFrom(local);
    expect(zones.seenFrom(local)).toBe(zone);
    bindings.replace(["node2 10.77.0.12"]);
    expect(zones.seenFrom(local)).not.toBe(zone);
  });

  it.each([60_000, -60_000])("looks again when answers may be cached no longer: %d ms", (ms) => {
    const zone = zones.seenFrom(local);
    bindings.forget(); // a lease that ran out, of which nobody tells
    clock.step(ms - Math.sign(ms));
    expect(zones.seenFrom(local)).toBe(zone);
    clock.step(Math.sign(ms));
    expect(zones.seenFrom(local)).not.toBe(zone);
  });

  it("keeps zones and serial where looking again finds nothing new", () => {
    const [zone, before] = [zones.seenFrom(local), serial()];
    clock.step(60_000);
    bindings.replace(["node1 10.77.0.11"]);
    expect(zones.seenFrom(local)).toBe(zone);
    expect(serial()).toEqual(before);
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
    const deps = { interfaces, bindings: slow, clock, log: silentLog, findings };
    using resting = new LiveZones(deps, plan);
    const zone = resting.seenFrom(local);
    bindings.replace(["node2 10.77.0.12"]);
    clock.step(rest - 1);
    expect(resting.seenFrom(local)).toBe(zone);
    clock.step(1);
    expect(resting.seenFrom(local)).not.toBe(zone);
  });

  it("counts the serial up, with the clock ahead, standing or set back", () => {
    const serials = [0, 5_000, 0, -9_000].map((ms, at) => {
      clock.step(ms);
      bindings.replace([`node${at} 10.77.0.11`]);
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

  it("holds a finding for each name that is wanted wrongly, while it is", () => {
    bindings.replace(["console 10.77.0.66", "node1 10.77.0.11", "node1 10.77.0.12"]);
    zones.seenFrom(local);
    const subjects = () => findings.list().map(({ code, subject }) => `${code} ${subject}`);
    expect(subjects().sort()).toEqual([
      "dns.name-taken console.kindling.lan",
      "dns.name-taken node1.kindling.lan",
    ]);
    bindings.replace(["node1 10.77.0.12"]);
    zones.seenFrom(local);
    expect(subjects()).toEqual([]);
  });

  it("builds anew for new settings, with no machine to name as well", () => {
    bindings.replace([]);
    const zone = zones.seenFrom(local);
    zones.replacePlan(parseDnsSettings(dnsSettings()));
    expect(zones.seenFrom(local)).not.toBe(zone);
  });

  it("knows no zones for an address that is not served", () =>
    expect(zones.seenFrom(parseIpv4("10.99.0.1")).size).toBe(0));

  it("stops listening when disposed of", () => {
    zones[Symbol.dispose]();
    expect(bindings.listeners).toBe(0);
  });
});
