import { describe, expect, it } from "vitest";
import { findAccount } from "../../src/runtime/privileges.ts";

const passwd = [
  "root:x:0:0:root:/:/bin/sh",
  "kindling-old:x:990:990::/:/usr/sbin/nologin",
  "kindling:x:991:992::/:/usr/sbin/nologin",
  "",
].join("\n");

describe("findAccount", () => {
  it("finds the whole name, not a beginning of it", () => {
    expect(findAccount(passwd, "kindling")).toEqual({ name: "kindling", uid: 991, gid: 992 });
  });

  it.each(["kindl", "nobody", "990"])("says how to make the missing user '%s'", (name) => {
    const cure = `there is no user ${name}: make one (useradd --system ${name})`;
    expect(() => findAccount(passwd, name)).toThrow(cure);
  });
});
