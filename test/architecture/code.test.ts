import { describe, expect, it } from "vitest";
import { codeOnly, importsOf } from "./code.ts";

const words = (text: string) => codeOnly(text).match(/\b[a-z]\w*/gi) ?? [];

describe("codeOnly", () => {
  it.each([
    { name: "a line comment", text: "a(); // Date.now()\nb()", want: ["a", "b"] },
    { name: "a block comment over lines", text: "a /* x\ny */ b", want: ["a", "b"] },
    { name: "strings with escaped quotes", text: `a("it's \\" x") + b('y')`, want: ["a", "b"] },
    { name: "slashes inside a string", text: `a("http://x") ; b`, want: ["a", "b"] },
    {
      name: "a template's text, not its holes",
      text: `a(\`x \${b({ c: \`y\${d}z\` })} w\`)`,
      want: [..."abcd"],
    },
    { name: "a regular expression", text: "a = /x['\"/]y/g; b", want: ["a", "b"] },
    { name: "a division, which is code", text: "a = b / c / d", want: [..."abcd"] },
  ])("blanks $name", ({ text, want }) => {
    expect(words(text)).toEqual(want);
  });

  it("keeps every character's place", () => {
    const text = "a('x\\n');\n/* y\n */ b";
    expect(codeOnly(text).indexOf("b")).toBe(text.indexOf("b"));
  });
});

describe("importsOf", () => {
  it("finds each form, its kind and its line", () => {
    const text = [
      `import { a, type B } from "./a.ts";`,
      `import type { C } from './c.ts';`,
      "export {",
      "  d,",
      `} from "./d.ts";`,
      `import "./e.ts";`,
      `const f = await import("./f.ts");`,
      `// import { g } from "./g.ts";`,
      `const h = 'import { h } from "./h.ts"';`,
      `export const i = "./i.ts";`,
      `import j, * as k from "j";`,
    ].join("\n");
    expect(importsOf({ path: "x.ts", text })).toEqual([
      { specifier: "./a.ts", typeOnly: false, line: 1 },
      { specifier: "./c.ts", typeOnly: true, line: 2 },
      { specifier: "./d.ts", typeOnly: false, line: 3 },
      { specifier: "./e.ts", typeOnly: false, line: 6 },
      { specifier: "./f.ts", typeOnly: false, line: 7 },
      { specifier: "j", typeOnly: false, line: 11 },
    ]);
  });
});
