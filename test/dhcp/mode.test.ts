import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decideMode,
  firstMode,
  isGone,
  type ModeEvent,
  type ModeReason,
  type ModeSettings,
  type ModeState,
} from "../../src/dhcp/mode.ts";

const auto: ModeSettings = {
  wanted: "auto",
  takeAddresses: true,
  takeover: false,
  carrierMs: 45_000,
  dwellMs: 900_000,
};
const now = 10_000_000;
const probe: ModeState = { kind: "probe", since: now - 6000, linkUpAt: 0, peerFirst: false };
const full: ModeState = { kind: "full", since: now - 6000 };
const hold: ModeState = { kind: "hold", since: now, confirmed: 0, quiet: 0, heard: false };
const proxy: ModeState = { kind: "proxy", since: now - 6000, quiet: 0, heard: false, met: true };
const long = { since: now - 900_000 };

const nobody: ModeEvent = { kind: "probed", servers: 0 };
const one: ModeEvent = { kind: "probed", servers: 1 };
const heard: ModeEvent = { kind: "overheard" };
const linkUp: ModeEvent = { kind: "link-up" };
const moved: ModeEvent = { kind: "address-changed" };
const peer: ModeEvent = { kind: "peer-probing" };

type Row = {
  name: string;
  from: ModeState;
  event: ModeEvent;
  set?: Partial<ModeSettings>;
  want: ModeState;
  reason: ModeReason;
  next?: "now";
};

const rows: readonly Row[] = [
  {
    name: "gives addresses where nobody answered",
    ...{ from: probe, event: nobody, want: { kind: "full", since: now } },
    reason: "nobody-answered",
  },
  {
    name: "gives none where it may not",
    ...{ from: probe, event: nobody, set: { takeAddresses: false } },
    want: { ...proxy, since: now, met: false },
    reason: "addresses-not-allowed",
  },
  {
    name: "full was named, so takeAddresses does not matter",
    ...{ from: probe, event: nobody, set: { wanted: "full", takeAddresses: false } },
    want: { kind: "full", since: now },
    reason: "nobody-answered",
  },
  {
    name: "stands beside a server that answered",
    ...{ from: probe, event: one, want: { ...proxy, since: now } },
    reason: "foreign-server",
  },
  {
    name: "stands beside a server that was overheard",
    ...{ from: probe, event: heard, want: { ...proxy, since: now } },
    reason: "foreign-heard",
  },
  {
    name: "refuses full where another server answered",
    ...{ from: probe, event: one, set: { wanted: "full" } },
    want: { ...hold, confirmed: 1 },
    reason: "foreign-server",
  },
  {
    name: "keeps looking while spanning tree may hold the port",
    ...{ from: { ...probe, linkUpAt: now - 44_999 }, event: nobody },
    want: { ...probe, linkUpAt: now - 44_999 },
    ...{ reason: "link-settling", next: "now" },
  },
  {
    name: "looks no longer than that",
    ...{ from: { ...probe, linkUpAt: now - 45_000 }, event: nobody },
    want: { kind: "full", since: now },
    reason: "nobody-answered",
  },
  {
    name: "a cable that comes up starts the wait again",
    ...{ from: probe, event: linkUp, want: { ...probe, linkUpAt: now } },
    ...{ reason: "link-up", next: "now" },
  },
  {
    name: "another address, another look",
    ...{ from: probe, event: moved, want: probe, reason: "address-changed", next: "now" },
  },
  {
    name: "another Kindling that goes first is noted",
    ...{ from: probe, event: peer, want: { ...probe, peerFirst: true }, reason: "peer-first" },
  },
  {
    name: "and is given one more probe to become full",
    ...{ from: { ...probe, peerFirst: true }, event: nobody, want: probe },
    ...{ reason: "peer-first", next: "now" },
  },
  { name: "alone, it goes on", from: full, event: nobody, want: full, reason: "alone" },
  {
    name: "a newcomer's probe changes nothing",
    from: full,
    event: peer,
    want: full,
    reason: "alone",
  },
  {
    name: "holds when its probe meets a server",
    ...{ from: full, event: one, want: hold, reason: "foreign-server", next: "now" },
  },
  {
    name: "holds when it overhears one",
    ...{ from: full, event: heard, want: hold, reason: "foreign-heard", next: "now" },
  },
  {
    name: "looks again when the cable was out: it may be another network",
    ...{ from: full, event: linkUp },
    want: { kind: "probe", since: now, linkUpAt: now, peerFirst: false },
    ...{ reason: "link-up", next: "now" },
  },
  {
    name: "looks again at another address",
    ...{ from: full, event: moved },
    want: { kind: "probe", since: now, linkUpAt: 0, peerFirst: false },
    ...{ reason: "address-changed", next: "now" },
  },
  {
    name: "the first confirmation is not enough",
    ...{ from: hold, event: one, want: { ...hold, confirmed: 1 } },
    ...{ reason: "foreign-server", next: "now" },
  },
  {
    name: "the second one is",
    ...{ from: { ...hold, confirmed: 1 }, event: one, want: { ...proxy, since: now } },
    reason: "foreign-confirmed",
  },
  {
    name: "what was overheard since confirms too: servers exist that answer no stranger",
    ...{ from: { ...hold, confirmed: 1, heard: true }, event: nobody },
    want: { ...proxy, since: now },
    reason: "foreign-confirmed",
  },
  {
    name: "overhearing alone waits for the probe to end",
    ...{ from: { ...hold, quiet: 2 }, event: heard, want: { ...hold, heard: true } },
    reason: "foreign-heard",
  },
  {
    name: "full that was refused stays refused while the other is there",
    ...{ from: { ...hold, confirmed: 1 }, event: one, set: { wanted: "full" } },
    want: { ...hold, confirmed: 2 },
    reason: "foreign-server",
  },
  {
    name: "a quiet probe starts the confirmations again",
    ...{ from: { ...hold, confirmed: 1 }, event: nobody, want: { ...hold, quiet: 1 } },
    ...{ reason: "foreign-quiet", next: "now" },
  },
  {
    name: "three quiet probes are too few within the least time",
    ...{ from: { ...hold, quiet: 2 }, event: nobody, want: { ...hold, quiet: 3 } },
    reason: "foreign-quiet",
  },
  {
    name: "two are too few whatever the time",
    ...{
      from: { ...hold, ...long, quiet: 1 },
      event: nobody,
      want: { ...hold, ...long, quiet: 2 },
    },
    ...{ reason: "foreign-quiet", next: "now" },
  },
  {
    name: "both together: it was a false alarm",
    ...{ from: { ...hold, ...long, quiet: 2 }, event: nobody, want: { kind: "full", since: now } },
    reason: "foreign-gone",
  },
  {
    name: "holding, it stays so when the cable was out",
    ...{ from: hold, event: linkUp, want: hold, reason: "link-up", next: "now" },
  },
  {
    name: "holding, it stays so at another address",
    ...{ from: hold, event: moved, want: hold, reason: "address-changed", next: "now" },
  },
  {
    name: "holding, peers' probes do not count",
    from: hold,
    event: peer,
    want: hold,
    reason: "foreign-quiet",
  },
  {
    name: "the server is still there",
    ...{ from: { ...proxy, quiet: 2 }, event: one, want: proxy, reason: "foreign-server" },
  },
  {
    name: "one that only clients hear is still there",
    ...{ from: { ...proxy, quiet: 2 }, event: heard, want: { ...proxy, heard: true } },
    reason: "foreign-heard",
  },
  {
    name: "and counts at the probe's end",
    ...{ from: { ...proxy, heard: true }, event: nobody, want: proxy, reason: "foreign-server" },
  },
  {
    name: "a quiet probe is no alarm",
    ...{ from: proxy, event: nobody, want: { ...proxy, quiet: 1 }, reason: "foreign-quiet" },
  },
  {
    name: "three are, and addresses stay the other's",
    ...{ from: { ...proxy, ...long, quiet: 2 }, event: nobody },
    want: { ...proxy, ...long, quiet: 3 },
    reason: "foreign-gone",
  },
  {
    name: "with takeover they become ours",
    ...{ from: { ...proxy, ...long, quiet: 2 }, event: nobody, set: { takeover: true } },
    want: { kind: "full", since: now },
    reason: "taken-over",
  },
  {
    name: "but not before the least time",
    ...{ from: { ...proxy, quiet: 2 }, event: nobody, set: { takeover: true } },
    want: { ...proxy, quiet: 3 },
    reason: "foreign-gone",
  },
  {
    name: "and not where proxy was asked for",
    ...{ from: { ...proxy, ...long, quiet: 2 }, event: nobody },
    set: { takeover: true, wanted: "proxy" },
    want: { ...proxy, ...long, quiet: 3 },
    reason: "foreign-gone",
  },
  {
    name: "a link that never had a server loses none",
    ...{
      from: { ...proxy, ...long, met: false, quiet: 2 },
      event: nobody,
      set: { takeover: true },
    },
    want: { ...proxy, ...long, met: false, quiet: 3 },
    reason: "foreign-quiet",
  },
  {
    name: "beside a router that restarts the cable goes out: its place is not taken",
    ...{ from: proxy, event: linkUp, want: proxy, reason: "link-up", next: "now" },
  },
  {
    name: "beside another, it stays so at another address",
    ...{ from: proxy, event: moved, want: proxy, reason: "address-changed", next: "now" },
  },
  {
    name: "beside another, peers' probes do not count",
    from: proxy,
    event: peer,
    want: proxy,
    reason: "foreign-quiet",
  },
];

describe("decideMode", () => {
  it.each(rows)("$from.kind, $event.kind: $name", ({ from, event, set, want, reason, next }) => {
    const decision = decideMode(from, event, { settings: { ...auto, ...set }, now });
    expect(decision).toEqual({ state: want, reason, next: next ?? "later" });
  });
});

describe("firstMode", () => {
  it.each([
    { wanted: "auto", kind: "probe" },
    { wanted: "full", kind: "probe" },
    { wanted: "proxy", kind: "proxy" },
  ] as const)("$wanted starts as $kind", ({ wanted, kind }) => {
    expect(firstMode({ ...auto, wanted }, now, 0).kind).toBe(kind);
  });
});

describe("any course of events", () => {
  const event = fc.oneof(fc.constantFrom(nobody, nobody, nobody, one, heard, linkUp, moved, peer));
  const steps = fc.array(fc.record({ event, wait: fc.integer({ min: 0, max: 400_000 }) }), {
    maxLength: 60,
  });

  it("never gives addresses on evidence of another server, nor soon after it", () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (course, takeover) => {
        let state = firstMode(auto, 0, 0);
        let time = 0;
        let lastForeign = Number.NEGATIVE_INFINITY;
        let met = false;
        for (const step of course) {
          time += step.wait;
          const before = state;
          const at = { settings: { ...auto, takeover }, now: time };
          state = decideMode(state, step.event, at).state;
          if (step.event === one || step.event === heard) {
            [lastForeign, met] = [time, true];
            expect(state.kind).not.toBe("full");
          }
          const became = state.kind === "full" && before.kind !== "full";
          if (became && before.kind !== "probe")
            expect(time - before.since).toBeGreaterThanOrEqual(900_000);
          if (became && met && before.kind === "proxy") expect(takeover).toBe(true);
          if (became) expect(time).toBeGreaterThanOrEqual(lastForeign);
          if (isGone(state)) expect(met).toBe(true);
        }
      }),
    );
  });
});
