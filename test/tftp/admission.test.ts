import { describe, expect, it } from "vitest";
import {
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
