import { describe, expect, it } from "vitest";
import {
  formatState,
  isPinned,
  noState,
  parseState,
  withPin,
  withUse,
} from "../../../src/assets/image/image-state.ts";

const id = { name: "fcos", version: "43.1", arch: "x86_64" } as const;
const use = { profile: "fcos", ...id, at: "2026-11-30T07:22:04.000Z", args: ["a"] };

describe("the state of images", () => {
  it("is read as it was written", () => {
    const state = withUse(withPin(noState, id, true), use);
    expect(parseState("s", formatState(state))).toEqual(state);
  });

  it("has a pin once, and no longer when it is taken away", () => {
    const pinned = withPin(withPin(noState, id, true), id, true);
    expect(pinned.pins).toHaveLength(1);
    expect(isPinned(pinned, id)).toBe(true);
    expect(isPinned(pinned, { ...id, arch: "arm64" })).toBe(false);
    expect(isPinned(withPin(pinned, id, false), id)).toBe(false);
  });

  it("has the last image of a profile", () => {
    const state = withUse(withUse(noState, use), { ...use, version: "44" });
    expect(state.uses.map(({ version }) => version)).toEqual(["44"]);
  });

  it.each(["{", "[]", `{"format":2,"pins":[],"uses":[]}`, `{"format":1,"pins":[{}],"uses":[]}`])(
    "refuses %s and says where it is from",
    (text) => {
      expect(() => parseState("images/state.json", text)).toThrow(/^images\/state\.json: /);
    },
  );
});
