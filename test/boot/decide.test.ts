import { describe, expect, it } from "vitest";
import { decideBoot, decideGroup } from "../../src/boot/decide.ts";
import type { Group } from "../../src/boot/group.ts";
import { indexGroups } from "../../src/boot/group-index.ts";
import type { Profile } from "../../src/boot/profile.ts";

const group = (file: string, profile: string, selector: Record<string, string> = {}): Group => ({
  file,
  id: "",
  name: "",
  profile,
  selector,
  metadata: {},
});
const ids = { name: "", ignitionId: "", cloudId: "", genericId: "" };
const boot = { kernel: "k", initrd: [], args: [] };
const Profiles: Record<string, Profile> = {
  boots: { ...ids, file: "boots", id: "boots", boot },
  waits: { ...ids, file: "waits", id: "waits" },
};
const catalogOf = (groups: readonly Group[]) => ({ groups, select: indexGroups(groups) });
const decide = (labels: Record<string, string>, groups: readonly Group[]) =>
  decideBoot({ labels }, { ...catalogOf(groups), profile: (id) => Profiles[id] });

describe("decideBoot", () => {
  const rows = [
    {
      name: "boots by a selector",
      groups: [group("g", "boots", { os: "x" })],
      want: { kind: "boot", reason: "selector", plan: { boot } },
    },
    {
      name: "boots by the default group",
      groups: [group("g", "boots")],
      want: { kind: "boot", reason: "default-group" },
    },
    {
      name: "says that there are no groups",
      groups: [],
      want: { kind: "no-group", reason: "empty-catalog", near: [] },
    },
    {
      name: "says what the nearest group wanted",
      groups: [group("g", "boots", { os: "y" })],
      want: {
        kind: "no-group",
        reason: "no-match",
        near: [{ group: "g", missing: [{ key: "os", want: "y", got: "x" }] }],
      },
    },
    {
      name: "names the profile that is not there",
      groups: [group("g", "gone")],
      want: { kind: "no-profile", reason: "missing-or-broken", group: "g", profile: "gone" },
    },
    {
      name: "names the profile that boots nothing",
      groups: [group("g", "waits")],
      want: { kind: "no-boot", reason: "profile-without-boot", group: "g", profile: "waits" },
    },
  ];
  it.each(rows)("$name", ({ groups, want }) => {
    expect(decide({ os: "x" }, groups)).toMatchObject(want);
  });
});

it("decideGroup needs no profile", () => {
  expect(decideGroup({ labels: {} }, catalogOf([group("g", "gone")]))).toMatchObject({
    group: { file: "g" },
  });
});
