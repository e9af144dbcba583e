import { describe, expect, it } from "vitest";
import { decideFollow, followFailed } from "../../../src/assets/image/follow.ts";

const followed = { name: "fcos", channel: "stable", arch: "x86_64" } as const;
const user = (version: string) => ({ profile: "node", version });

describe("decideFollow", () => {
  it.each([
    { name: "nothing where the newest is booted", here: ["2", "1"], users: [user("2")] },
    { name: "nothing where it is here and nobody boots any", here: ["2"], users: [] },
  ])("tells $name", ({ here, users }) => {
    expect(decideFollow(followed, { newest: "2", here, users })).toBeUndefined();
  });

  it.each([
    {
      ...{ name: "a newer one", here: ["1"], users: [user("1")], arch: "x86_64" as const },
      sentence: "fcos is at 2 in stable for x86_64, 1 is here",
      cure: "kindling image pull fcos@2 --channel stable, then kindling image use fcos@2",
    },
    {
      ...{ name: "one that was never here", here: [], users: [], arch: "arm64" as const },
      sentence: "fcos is at 2 in stable for arm64, none of it is here",
      cure: "kindling image pull fcos@2 --arch arm64 --channel stable, then kindling image use fcos@2 --arch arm64",
    },
    {
      ...{ name: "one that is here and not booted", here: ["2", "1"], arch: "x86_64" as const },
      users: [user("2"), { profile: "old", version: "1" }],
      sentence: "fcos 2 for x86_64 is here, and an older one is booted by profile old (1)",
      cure: "kindling image use fcos@2 --profile old shows what changes and moves it",
    },
  ])("tells of $name", ({ here, users, arch, sentence, cure }) => {
    const finding = decideFollow({ ...followed, arch }, { newest: "2", here, users });
    expect(finding).toEqual({
      ...{ code: "image.newer", severity: "info", sentence, cure },
      subject: `fcos stable ${arch}`,
    });
  });
});

describe("followFailed", () => {
  it("says why on one line", () => {
    expect(followFailed(followed, "nobody gives it:\n  a answered 404").sentence).toBe(
      "fcos in stable could not be looked at: nobody gives it:; a answered 404",
    );
  });
});
