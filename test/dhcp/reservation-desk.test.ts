import { beforeEach, describe, expect, it } from "vitest";
import type { Lease, LeaseChange } from "../../src/dhcp/lease.ts";
import { type LeaseHolder, ReservationDesk } from "../../src/dhcp/reservation-desk.ts";
import type { KeptReservation } from "../../src/dhcp/reservation-keeping.ts";
import type { DhcpSettings } from "../../src/dhcp/settings.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { ip, settings } from "../support/dhcp-site.ts";
import { lease } from "../support/dhcp-world.ts";
import { FakeClock } from "../support/fake-clock.ts";

const mac = parseMac("52:54:00:77:00:10");
const other = parseMac("52:54:00:77:00:11");

let saved: (readonly KeptReservation[])[];
let served: DhcpSettings[];
let changes: LeaseChange[];
let leases: readonly Lease[];
let fails: boolean;
let desk: ReservationDesk;

const base: DhcpSettings = {
  ...settings,
  reservations: [{ mac: other, address: ip("10.77.0.5") }],
};

function openDesk(kept: readonly KeptReservation[] = []): ReservationDesk {
  const store = {
    load: () => kept,
    save: (rows: readonly KeptReservation[]) => {
      if (fails) throw new Error("disk full");
      saved.push(rows);
    },
  };
  const clock = new FakeClock(1_000_000);
  const opened = new ReservationDesk({ store, settings: base, clock, log: silentLog });
  const holder: LeaseHolder = {
    replaceSettings: (next) => served.push(next),
    leases: () => leases,
    keep: async (all) => {
      if (fails) return "store-unusable";
      changes.push(...all);
      return "durable";
    },
  };
  opened.serveThrough(holder);
  return opened;
}

beforeEach(() => {
  [saved, served, changes, leases, fails] = [[], [], [], [], false];
  desk = openDesk();
});

const wish = { machine: mac, address: ip("10.77.0.9"), hostname: "node1" };
const row = { mac, address: "10.77.0.9", hostname: "node1" };

describe("the desk for reservations", () => {
  it("saves, then has DHCP serve by it, then tells who listens", () => {
    const told: number[] = [];
    using _listening = desk.onChange(() => told.push(served.length));
    expect(desk.reserve([wish], false)).toEqual([{ kind: "done", row, notes: [] }]);
    const reservation = { mac, address: ip("10.77.0.9"), hostname: "node1" };
    expect(saved).toEqual([[reservation]]);
    expect(served[0]?.reservations).toEqual([...base.reservations, reservation]);
    expect(told).toEqual([1]);
    expect(desk.list()).toEqual([
      { mac: other, address: "10.77.0.5", source: "config" },
      { ...row, source: "state" },
    ]);
  });

  it("changes nothing in a trial, and sees the wishes before each", () => {
    const twice = [wish, { ...wish, machine: parseMac("52:54:00:77:00:12") }];
    expect(desk.reserve(twice, true)).toMatchObject([
      { kind: "done" },
      { kind: "refused", reason: "address-reserved" },
    ]);
    expect([saved, served]).toEqual([[], []]);
  });

  it("changes nothing when the disk fails", () => {
    fails = true;
    expect(() => desk.reserve([wish], false)).toThrow("disk full");
    expect(served).toEqual([]);
    expect(desk.list()).toHaveLength(1);
  });

  it("takes a reservation away", () => {
    desk.reserve([wish], false);
    expect(desk.unreserve("node1")).toEqual({ kind: "done", row, notes: [] });
    expect(desk.unreserve("node1")).toMatchObject({ kind: "refused" });
    expect(saved.at(-1)).toEqual([]);
    expect(served.at(-1)?.reservations).toEqual(base.reservations);
  });

  it("lets the configuration win, at the start and after a reload, and shows it", () => {
    const shadow = { mac, address: ip("10.77.0.5") };
    desk = openDesk([shadow]);
    expect(desk.settings.reservations).toEqual(base.reservations);
    expect(desk.list().at(-1)).toMatchObject({ source: "state", shadowedBy: "10.77.0.5" });
    desk.replaceSettings({ ...base, reservations: [] });
    expect(served.at(-1)?.reservations).toEqual([shadow]);
  });

  it("shows what else the configuration knows a machine by", () => {
    desk.replaceSettings({ ...base, reservations: [{ clientId: "01aa", hostname: "a" }] });
    expect(desk.list()).toEqual([{ clientId: "01aa", hostname: "a", source: "config" }]);
  });

  it("ends a lease through the server", async () => {
    leases = [lease({ at: "10.77.0.120" })];
    const [running] = leases;
    if (running === undefined) throw new Error("no lease");
    leases = [{ ...running, expires: 2_000_000 }];
    fails = true;
    expect(await desk.endLease("release", "10.77.0.120")).toMatchObject({
      kind: "refused",
      reason: "store-unusable",
    });
    fails = false;
    expect(await desk.endLease("release", "10.77.0.120")).toMatchObject({ kind: "done" });
    expect(changes).toMatchObject([
      { kind: "lease", lease: { state: "released", expires: 1_000_000 } },
    ]);
  });
});
