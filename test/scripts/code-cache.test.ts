import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

type Environment = Readonly<Record<string, string>>;

// Plain JavaScript, since any Node from 20 on runs it; its types are stated here.
const {
  codeFolder,
  withCodeCache,
}: {
  codeFolder(env: Environment, uid: number): string;
  withCodeCache(env: Environment, folder?: string): Environment;
} = createRequire(import.meta.url)("../../scripts/code-cache.mjs");

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kindling-cache-"));
  folder = join(home, "kindling/code");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("codeFolder", () => {
  const rows = [
    { name: "root's", uid: 0, env: { HOME: "/root" }, want: "/var/cache/kindling/code" },
    { name: "a user's", uid: 7, env: { HOME: "/h" }, want: "/h/.cache/kindling/code" },
    {
      name: "a user's who moved the caches",
      uid: 7,
      env: { HOME: "/h", XDG_CACHE_HOME: "/c" },
      want: "/c/kindling/code",
    },
  ];
  it.each(rows)("is $name", ({ uid, env, want }) => {
    expect(codeFolder(env, uid)).toBe(want);
  });
});

describe("withCodeCache", () => {
  it("makes a folder that is the user's alone, and keeps the rest of the environment", () => {
    const env = withCodeCache({ LANG: "C" }, folder);
    expect(env).toEqual({ LANG: "C", NODE_COMPILE_CACHE: folder });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it.each(["/elsewhere", ""])("leaves the choice '%s' as it is", (chosen) => {
    const env = { NODE_COMPILE_CACHE: chosen };
    expect(withCodeCache(env, folder)).toEqual(env);
  });

  const unsafe = [
    { name: "that others may write", spoil: () => chmodSync(folder, 0o777) },
    { name: "below one that others may write", spoil: () => chmodSync(dirname(folder), 0o770) },
    {
      name: "that is a link",
      spoil: () => {
        rmSync(folder, { recursive: true });
        symlinkSync(home, folder);
      },
    },
  ];
  it.each(unsafe)("trusts no folder $name", ({ spoil }) => {
    mkdirSync(folder, { recursive: true });
    spoil();
    expect(withCodeCache({ LANG: "C" }, folder)).toEqual({ LANG: "C" });
  });

  it.skipIf(process.getuid?.() !== 0)("trusts no folder below another user's", () => {
    mkdirSync(folder, { recursive: true });
    chownSync(dirname(folder), 65534, 65534);
    expect(withCodeCache({ LANG: "C" }, folder)).toEqual({ LANG: "C" });
  });

  it("does without where none can be made", () => {
    expect(withCodeCache({ LANG: "C" }, "/dev/null/code")).toEqual({ LANG: "C" });
  });
});
