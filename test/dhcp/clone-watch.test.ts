import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/boot/finding.ts";
import { CloneWatch } from "../../src/dhcp/clone-watch.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseUuid } from "../../src/wire/uuid.ts";
import { hour } from "../support/dhcp-world.ts";

const mac = parseMac("52:54:00:77:00:10");
const uuids = {
  a: parseUuid("33221100-5544-7766-8899-aabbccddeeff"),
  /** The same 16 octets, read in the other order. */
  aSwapped: parseUuid("00112233-4455-6677-8899-aabbccddeeff"),
  b: parseUuid("4c4c4544-0051-3510-8052-b4c04f4e3132"),
  c: parseUuid("564d0000-0000-0000-0000-000000000001"),
} as const;

type Seen = readonly [at: number, uuid: keyof typeof uuids];
const rows: readonly { name: string; seen: readonly Seen[]; want: readonly string[] }[] = [
  {
    name: "one machine",
    seen: [
      [0, "a"],
      [1, "a"],
    ],
    want: [],
  },
  {
    name: "a card that moved to another board",
    seen: [
      [0, "a"],
      [1, "b"],
      [9, "b"],
    ],
    want: [],
  },
  {
    name: "two in turn",
    seen: [
      [0, "a"],
      [1, "b"],
      [2, "a"],
    ],
    want: ["raise"],
  },
  {
    name: "three in turn",
    seen: [
      [0, "a"],
      [1, "b"],
      [2, "c"],
    ],
    want: ["raise"],
  },
  {
    name: "a card that moved back another day",
    seen: [
      [0, "a"],
      [1, "b"],
      [26, "a"],
    ],
    want: [],
  },
  {
    name: "firmware and an iPXE that turns the bytes",
    seen: [
      [0, "a"],
      [1, "aSwapped"],
      [2, "a"],
    ],
    want: [],
  },
  {
    name: "two until one was given another MAC a day ago",
    seen: [
      [0, "a"],
      [1, "b"],
      [2, "a"],
      [3, "a"],
      [27, "a"],
      [28, "a"],
    ],
    want: ["raise", "raise", "clear"],
  },
];

describe("CloneWatch", () => {
  const start = () => {
    const told: string[] = [];
    const findings: Finding[] = [];
    const watch = new CloneWatch({
      raise: (finding) => {
        told.push("raise");
        findings.push(finding);
      },
      clear: () => void told.push("clear"),
    });
    return { told, findings, watch };
  };

  it.each(rows)("tells $want of $name", ({ seen, want }) => {
    const { told, watch } = start();
    for (const [at, uuid] of seen) watch.saw({ mac, uuid: uuids[uuid] }, at * hour);
    expect(told).toEqual(want);
  });

  it("names both boards, and says nothing of machines without a UUID", () => {
    const { findings, watch } = start();
    for (const uuid of [uuids.a, uuids.b, uuids.a]) watch.saw({ mac, uuid }, 0);
    watch.saw({ mac }, 0);
    expect(findings).toMatchObject([{ code: "dhcp.cloned-mac", subject: mac, mac }]);
    expect(findings[0]?.sentence).toContain(uuids.a);
    expect(findings[0]?.sentence).toContain(uuids.b);
  });

  it("remembers 4096 machines, and lets go of the finding with the machine", () => {
    const { told, watch } = start();
    for (const uuid of [uuids.a, uuids.b, uuids.a]) watch.saw({ mac, uuid }, 0);
    for (let number = 0; number < 4096; number += 1) {
      const hex = number.toString(16).padStart(4, "0");
      const other = parseMac(`02:00:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`);
      watch.saw({ mac: other, uuid: uuids.a }, 1);
    }
    expect(told).toEqual(["raise", "clear"]);
  });
});
