import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  clientPatienceMs,
  decideAdmission,
  isForeign,
  patienceMs,
  unprovenPerClient,
} from "../../src/tftp/admission.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";

const limits = { transfersMax: 4, transfersPerClient: 2, onLinkOnly: false };
const idle = { open: 0, ofClient: 0, unprovenOfClient: 0 };

describe("decideAdmission", () => {
  const rows = [
    { name: "the first", crowd: idle, want: "admit" },
    { name: "the last there is room for", crowd: { open: 3, ofClient: 1 }, want: "admit" },
    { name: "one of a full table", crowd: { open: 4, ofClient: 0 }, want: "busy" },
    { name: "one too many of an address", crowd: { open: 2, ofClient: 2 }, want: "client-busy" },
    {
      name: "one of a table full of made-up senders",
      crowd: { open: 4, ofClient: 0, unansweredMs: patienceMs },
      want: "displace",
    },
    {
      name: "one of a table whose oldest may answer yet",
      crowd: { open: 4, ofClient: 0, unansweredMs: patienceMs - 1 },
      want: "busy",
    },
    {
      name: "one too many of an address that would displace",
      crowd: { open: 4, ofClient: 2, unansweredMs: patienceMs },
      want: "client-busy",
    },
  ];
  it("says nothing to an address that has been sent enough and answers none of it", () => {
    const roomy = { ...limits, transfersMax: 500, transfersPerClient: 100 };
    const crowd = (unproven: number) => ({ open: 90, ofClient: 60, unprovenOfClient: unproven });
    expect(decideAdmission(crowd(unprovenPerClient - 1), roomy).kind).toBe("admit");
    const enough = decideAdmission(crowd(unprovenPerClient), roomy);
    expect(enough).toEqual({ kind: "ignore", reason: "unproven" });
  });

  const ofOne = { open: 90, ofClient: 60, unprovenOfClient: unprovenPerClient };
  const patient = [
    { name: "may answer yet", ms: clientPatienceMs - 1, want: "ignore" },
    { name: "was never there", ms: clientPatienceMs, want: "displace" },
  ];
  it.each(patient)("$want: a newcomer of an address whose oldest $name", ({ ms, want }) => {
    const roomy = { ...limits, transfersMax: 500, transfersPerClient: 100 };
    const decision = decideAdmission({ ...ofOne, unansweredOfClientMs: ms }, roomy);
    expect(decision.kind).toBe(want);
    if (decision.kind === "displace") expect(decision.whose).toBe("client");
  });

  it("displaces for one client a transfer of its own only, in a full table as well", () => {
    const crowd = { ...ofOne, open: 500, unansweredMs: patienceMs, unansweredOfClientMs: 0 };
    const full = { ...limits, transfersMax: 500, transfersPerClient: 100 };
    expect(decideAdmission(crowd, full).kind).toBe("ignore");
    const own = decideAdmission({ ...crowd, unansweredOfClientMs: clientPatienceMs }, full);
    expect(own).toEqual({ kind: "displace", whose: "client" });
  });

  // Whatever the pace of the requests: what is sent to somebody who did not ask stays bounded.
  const paces = fc.array(fc.integer({ min: 0, max: 3 * clientPatienceMs }), { maxLength: 300 });
  it("sends a mute address so many blocks within its patience", () => {
    const pace = fc.property(paces, (gaps) => {
      const roomy = { ...limits, transfersMax: 500, transfersPerClient: 100 };
      const sent: number[] = [];
      const open: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now += gap % 50 === 0 ? gap : gap % 50; // floods, with pauses
        const [oldest] = open;
        const decision = decideAdmission(
          {
            ...{ open: open.length, ofClient: open.length, unprovenOfClient: open.length },
            ...(oldest !== undefined && { unansweredOfClientMs: now - oldest }),
          },
          roomy,
        );
        if (decision.kind === "displace") open.shift();
        if (decision.kind === "admit" || decision.kind === "displace") {
          open.push(now);
          sent.push(now);
        }
        expect(open.length).toBeLessThanOrEqual(unprovenPerClient);
        const recent = sent.filter((at) => at > now - clientPatienceMs);
        expect(recent.length).toBeLessThanOrEqual(unprovenPerClient);
      }
    });
    fc.assert(pace);
  });

  it.each(rows)("$want: $name", ({ crowd, want }) => {
    const decision = decideAdmission({ ...idle, ...crowd }, limits);
    expect(decision.kind === "refuse" ? decision.reason : decision.kind).toBe(want);
    if (decision.kind === "refuse") expect(decision.code).toBe(0); // all else means "not found"
  });
});

describe("isForeign", () => {
  const subnet = parseSubnet("10.0.0.0/24");
  const rows = [
    { name: "a neighbour", address: "10.0.0.9", onLinkOnly: true, want: false },
    { name: "a machine behind a relay", address: "10.0.1.9", onLinkOnly: true, want: true },
    { name: "the same when all are served", address: "10.0.1.9", onLinkOnly: false, want: false },
  ];
  it.each(rows)("$want: $name", ({ address, onLinkOnly, want }) => {
    expect(isForeign(parseIpv4(address), { subnet }, { ...limits, onLinkOnly })).toBe(want);
  });
});
