import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BootEvent, BootFact } from "../../src/boot/event.ts";
import { type BootTrack, followBoot, historyOf, loopOf, NewTrack } from "../../src/boot/loop.ts";
import { storyMac } from "../support/boot-story.ts";

const sec = 1000;
const minute = 60 * sec;

function load(file: string, outcome: "sent" | "probe" = "sent"): BootFact {
  const numbers = { bytes: 1, ms: 1, blksize: 1468, windowsize: 4, retries: 0 };
  return { kind: "tftp", outcome, file, ...numbers };
}
function get(resource: "loader" | "script" | "ipxe" | "asset", path: string): BootFact {
  return { kind: "http", resource, method: "GET", path, status: 200, bytes: 1, ms: 1 };
}
const dhcp = (stage: "firmware" | "ipxe" | "operating-system", lacks?: string[]): BootFact => ({
  ...{ kind: "dhcp", direction: "in", message: "discover", port: 67, stage },
  ...(lacks && { lacks }),
});
const snponly = load("snponly.efi");
const chained = [snponly, dhcp("ipxe", ["HTTP"])];
const plan: BootFact = { kind: "plan", group: "g", profile: "p", kernel: "/k", initrd: [] };
const scripted = [get("script", "/boot.ipxe"), plan, get("ipxe", "/ipxe")];
const report = (stage: string): BootFact => ({ kind: "report", stage });

/** Facts a minute apart, unless said otherwise. */
function follow(facts: readonly BootFact[], step = 30 * sec): { track: BootTrack; now: number } {
  let now = 0;
  let track = NewTrack;
  for (const fact of facts) {
    now += step;
    const event: BootEvent = { at: now, mac: storyMac, ...fact };
    track = followBoot(track, event);
  }
  return { track, now };
}
const times = (count: number, facts: readonly BootFact[]) => Array(count).fill(facts).flat();

describe("loopOf", () => {
  const rows: readonly { name: string; facts: BootFact[]; step?: number; want: unknown }[] = [
    { name: "two loads are none", facts: times(2, chained), want: undefined },
    {
      name: "three loads without a script are one",
      facts: times(3, chained),
      want: { kind: "loader", times: 3, file: "snponly.efi" },
    },
    {
      name: "loads by HTTP count as well",
      facts: times(3, [get("loader", "/loaders/snponly.efi")]),
      want: { kind: "loader", times: 3, file: "snponly.efi" },
    },
    {
      name: "size probes are no loads",
      facts: times(4, [load("snponly.efi", "probe")]),
      want: undefined,
    },
    {
      name: "loads over a longer time are boots",
      facts: times(4, chained),
      step: 80 * sec,
      want: undefined,
    },
    {
      name: "a script between ends it",
      facts: [...times(2, chained), ...scripted, ...chained],
      want: undefined,
    },
    {
      name: "the diagnosis is not the script that was missing",
      facts: [...times(3, chained), get("script", "/boot.ipxe")],
      want: { kind: "loader", times: 3, file: "snponly.efi" },
    },
    {
      name: "GRUB's configuration is a script",
      facts: [...times(3, [load("shimx64.efi")]), load("grub/grub.cfg")],
      want: undefined,
    },
    {
      name: "three scripts without a kernel are one",
      facts: times(3, scripted),
      step: 20 * sec,
      want: { kind: "script", times: 3 },
    },
    {
      name: "a kernel ends it",
      facts: [...times(3, scripted), get("asset", "/assets/k")],
      step: 20 * sec,
      want: undefined,
    },
    {
      name: "a kernel by TFTP too",
      facts: [...times(3, scripted), load("assets/k")],
      step: 20 * sec,
      want: undefined,
    },
    {
      name: "a kernel on another server is never missed",
      facts: times(4, [{ ...plan, elsewhere: true }]),
      want: undefined,
    },
    {
      name: "a system that asks for its address ends both",
      facts: [...times(3, chained), dhcp("operating-system")],
      want: undefined,
    },
    {
      name: "three installations without a start of what was installed are one",
      facts: times(3, [...chained, ...scripted, get("asset", "/assets/k"), report("installed")]),
      want: { kind: "install", times: 3 },
    },
    {
      name: "a system that is up was installed",
      facts: [...times(3, [report("installed")]), report("up")],
      want: undefined,
    },
    {
      name: "a live system that starts often is none",
      facts: times(6, [...scripted, get("asset", "/k"), report("up")]),
      step: sec,
      want: undefined,
    },
  ];
  it.each(rows)("$name", ({ facts, step, want }) => {
    const { track, now } = follow(facts, step);
    expect(loopOf(track, now)).toEqual(want);
  });

  it("ends by itself, so that a machine is tried again", () => {
    const { track, now } = follow(times(3, chained));
    expect(loopOf(track, now + 5 * minute)).toBeUndefined();
  });

  it("follows any number of events in a bounded track", () => {
    const facts = [snponly, ...scripted, report("installed"), dhcp("ipxe", ["HTTP"])];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...facts), { maxLength: 200 }), (some) => {
        const { track } = follow(some, 1);
        for (const list of [track.loads, track.plans, track.installs]) {
          expect(list.length).toBeLessThanOrEqual(16);
        }
      }),
    );
  });
});

describe("historyOf", () => {
  it.each([
    {
      name: "counts loads that nothing came of",
      facts: [snponly, snponly],
      want: { silentLoads: 2 },
    },
    {
      name: "forgets them when iPXE speaks",
      facts: [snponly, dhcp("ipxe")],
      want: { silentLoads: 0, ranLoader: "snponly.efi" },
    },
    {
      name: "knows that a shim ran by its GRUB",
      facts: [load("shimx64.efi"), load("grubx64.efi")],
      want: { silentLoads: 0, ranLoader: "shimx64.efi" },
    },
    {
      name: "takes an optional file for a word, too",
      facts: [load("shimx64.efi"), load("autoexec.ipxe")],
      want: { silentLoads: 0 },
    },
    {
      name: "is not moved by firmware that asks again",
      facts: [snponly, dhcp("firmware")],
      want: { silentLoads: 1 },
    },
  ])("$name", ({ facts, want }) => {
    const { track, now } = follow(facts);
    expect(historyOf(track, now)).toMatchObject(want);
  });
});
