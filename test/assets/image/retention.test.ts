import { describe, expect, it } from "vitest";
import { planRetention } from "../../../src/assets/image/retention.ts";

const row = (version: string, more: object = {}) => ({
  id: { name: "fcos", version, arch: "x86_64" as const },
  ...{ pinned: false, users: [], ...more },
});
const plan = (rows: Parameters<typeof planRetention>[0], keep: number) =>
  planRetention(rows, keep).map(({ id, kind, reason }) => `${id.version} ${kind}: ${reason}`);

describe("planRetention", () => {
  it("keeps the newest by number, whatever their order", () => {
    expect(plan([row("9.9"), row("9.11"), row("9.10")], 2)).toEqual([
      ...["9.11 keep: newest", "9.10 keep: among the newest 2", "9.9 remove: 2 newer"],
    ]);
  });

  it("keeps the pinned and the used, which count among the newest all the same", () => {
    const rows = [row("1", { users: ["a", "b"] }), row("2", { pinned: true }), row("3"), row("4")];
    expect(plan(rows, 1)).toEqual([
      ...["4 keep: newest", "3 remove: 1 newer", "2 keep: pinned"],
      "1 keep: profile a, b boots it",
    ]);
  });

  it("counts each name and architecture for itself", () => {
    const other = { ...row("1"), id: { name: "fcos", version: "1", arch: "arm64" as const } };
    const debian = { ...row("1"), id: { name: "debian", version: "1", arch: "x86_64" as const } };
    expect(planRetention([row("2"), other, debian], 1).every(({ kind }) => kind === "keep")).toBe(
      true,
    );
  });

  it("keeps none but those when told to", () => {
    expect(plan([row("1"), row("2", { pinned: true })], 0)).toEqual([
      ...["2 keep: pinned", "1 remove: 1 newer"],
    ]);
  });
});
