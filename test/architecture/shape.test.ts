import { describe, expect, it } from "vitest";
import { checkLength, checkMirror, checkModules, listLong } from "./shape.ts";
import { fixture, readTree } from "./tree.ts";

const lines = (count: number) => "x();\n".repeat(count);

describe("checkLength", () => {
  it("holds in the tree", () => {
    expect(checkLength(readTree())).toEqual([]);
  });

  it("warns of the tree's long files", async ({ annotate }) => {
    for (const long of listLong(readTree())) await annotate(long, "warning");
  });

  it("catches line 401, warns from line 301", () => {
    const files = fixture({
      "src/dns/a.ts": lines(300),
      "src/dns/b.ts": lines(301),
      "test/dns/c.ts": lines(401),
    });
    expect(checkLength(files)).toEqual([
      "test/dns/c.ts has 401 lines, the limit is 400: split it by noun",
    ]);
    expect(listLong(files)).toEqual(["src/dns/b.ts has 301 lines", "test/dns/c.ts has 401 lines"]);
  });
});

describe("checkModules", () => {
  it("holds in the tree", () => {
    expect(checkModules(readTree())).toEqual([]);
  });

  it.each([
    { name: "a barrel", path: "src/dns/index.ts", text: "" },
    { name: "an import without its ending", path: "src/a.ts", text: `import { b } from "./b";` },
    { name: "an import of what never is", path: "src/a.ts", text: `import { b } from "../b.js";` },
    { name: "a default export", path: "src/a.ts", text: "export default function f() {}" },
    { name: "a variable of the module", path: "src/a.ts", text: "let count = 0;" },
    { name: "an exported variable", path: "src/a.ts", text: "export let count = 0;" },
    { name: "a cache of the module", path: "src/a.ts", text: "const seen = new Map<A, B>();" },
  ])("catches $name", ({ path, text }) => {
    expect(checkModules(fixture({ [path]: text }))).toHaveLength(1);
  });

  it.each([
    { name: "a variable of a function", text: "function f() {\n  let n = 0;\n  return n;\n}" },
    { name: "a table", text: `const Names = new Map([["a", 1]]);` },
    { name: "an import with its ending", text: `import { b } from "./b.ts";` },
  ])("lets $name pass", ({ text }) => {
    expect(checkModules(fixture({ "src/a.ts": text }))).toEqual([]);
  });
});

describe("checkMirror", () => {
  it("holds in the tree", () => {
    expect(checkMirror(readTree())).toEqual([]);
  });

  it.each([
    { name: "a function", text: "export function f(): number { return 1; }" },
    { name: "an arrow", text: "export const f = (): number => 1;" },
    { name: "a class", text: "export class A {}" },
  ])("wants a test for $name", ({ text }) => {
    expect(checkMirror(fixture({ "src/dns/a.ts": text }))).toEqual([
      "src/dns/a.ts has no test/dns/a.test.ts",
    ]);
    expect(checkMirror(fixture({ "src/dns/a.ts": text, "test/dns/a.test.ts": "" }))).toEqual([]);
  });

  it("wants the test that an exception names", () => {
    expect(checkMirror(fixture({ "src/wire/reader.ts": "export class A {}" }))).toEqual([
      "src/wire/reader.ts has no test/wire/bytes.test.ts",
    ]);
  });

  it.each([
    { name: "types", text: "export type F = { readonly f: (n: number) => void };" },
    { name: "tables", text: "export const Op = { request: 1, reply: 2 } as const;" },
  ])("wants none for $name", ({ text }) => {
    expect(checkMirror(fixture({ "src/dns/a.ts": text }))).toEqual([]);
  });
});
