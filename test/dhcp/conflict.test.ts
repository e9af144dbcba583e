import { describe, expect, it } from "vitest";
import { type ConflictCase, decideConflict } from "../../src/dhcp/conflict.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { clientMac, requestOf } from "../support/dhcp-message.ts";
import { ip, noon } from "../support/dhcp-site.ts";
import { lease, otherMac } from "../support/dhcp-world.ts";

const at = "10.77.0.120";
const address = ip(at);
const answered = { kind: "answered", by: parseMac(otherMac) } as const;
const silent = { kind: "silent" } as const;
const offerTo = (mac: string) => {
  const { key } = requestOf({ mac });
  return { address, key, since: noon - 1, expires: noon + 60_000 };
};
const ended = noon - 1;

const Rows: readonly (Partial<ConflictCase> & { name: string; want: string; changes?: string })[] =
  [
    { name: "a question that was not asked", answer: { kind: "unknown" }, want: "none not-asked" },
    { name: "silence on a free address", answer: silent, want: "silent silent" },
    { name: "somebody on a free address", want: "conflict free-address", changes: "declined" },
    {
      name: "somebody on an address that is on offer",
      offer: offerTo(clientMac),
      want: "conflict offered-address",
      changes: "withdraw declined",
    },
    {
      name: "the machine that it is on offer to",
      offer: offerTo(otherMac),
      want: "none owner-answers",
    },
    {
      name: "the machine that has the lease",
      lease: lease({ at, of: otherMac }),
      want: "none owner-answers",
    },
    { name: "another on a lease that runs", lease: lease({ at }), want: "conflict leased-address" },
    {
      name: "the past holder on an address that it gave back",
      lease: lease({ at, of: otherMac, state: "released", expires: ended }),
      want: "conflict free-address",
      changes: "declined",
    },
    {
      name: "somebody on an address that a client declined",
      lease: lease({ at, state: "declined" }),
      want: "conflict declined-address",
    },
    {
      name: "somebody on it still, after the probation",
      lease: lease({ at, state: "declined", expires: ended }),
      want: "conflict free-address",
      changes: "declined",
    },
    {
      name: "silence where a probe was answered before",
      answer: silent,
      isAbandoned: true,
      lease: lease({ at, of: otherMac, state: "declined" }),
      want: "silent silent",
      changes: "released",
    },
    {
      name: "silence where a client declined: its probation goes on",
      answer: silent,
      lease: lease({ at, state: "declined" }),
      want: "silent silent",
    },
  ];

describe("decideConflict", () => {
  it.each(Rows)("$name: $want $changes", ({ want, changes = "", ...parts }) => {
    const idle = {
      address,
      answer: answered,
      lease: undefined,
      offer: undefined,
      isAbandoned: false,
    };
    const decision = decideConflict({ ...idle, declineSeconds: 600, now: noon, ...parts });
    expect(`${decision.kind} ${decision.reason}`).toBe(want);
    const made = decision.kind === "none" ? [] : decision.changes;
    expect(made.map((one) => (one.kind === "lease" ? one.lease.state : one.kind)).join(" ")).toBe(
      changes,
    );
    for (const change of made) {
      if (change.kind !== "lease" || change.lease.state !== "declined") continue;
      expect(change.lease).toMatchObject({
        key: `abandoned/${otherMac}`,
        mac: otherMac,
        expires: noon + 600_000,
      });
    }
  });

  it("says who it is, what it uses and what to do", () => {
    const idle = { address, answer: answered, lease: lease({ at }), offer: undefined };
    const decision = decideConflict({ ...idle, isAbandoned: false, declineSeconds: 1, now: noon });
    expect(decision).toMatchObject({
      finding: {
        code: "dhcp.address-conflict",
        sentence: `${otherMac} uses ${at}, which is leased to ${clientMac}`,
        subject: at,
        mac: otherMac,
      },
    });
  });
});
