import { describe, expect, it } from "vitest";
import { FindingCodes } from "../../src/boot/finding.ts";
import { ErrorTable } from "../../src/errors.ts";
import { fixture, readTree } from "../architecture/tree.ts";
import {
  checkCommands,
  checkDecisions,
  checkDependencies,
  checkErrorCodes,
  checkLinks,
  checkPaths,
} from "./pages.ts";

const tree = readTree();

describe("checkLinks", () => {
  it("holds in the tree", () => {
    expect(checkLinks(tree)).toEqual([]);
  });

  const pages = { "docs/a.md": "# A\n## Ports & rights\n", "docs/decisions/001-x.md": "# X\n" };
  it.each(["a.md", "a.md#ports--rights", "decisions/", "#top", "https://example.org/x"])(
    "lets '%s' pass",
    (link) => {
      const files = fixture({ ...pages, "docs/b.md": `# Top\n[x](${link}) \`[y](z.md)\`` });
      expect(checkLinks(files)).toEqual([]);
    },
  );

  it.each(["b2.md", "a.md#gone", "../a.md", "#gone", "decision/"])("catches '%s'", (link) => {
    const files = fixture({ ...pages, "docs/b.md": `# Top\n[x](${link})` });
    expect(checkLinks(files)).toEqual([`docs/b.md:2 links to ${link}, which leads nowhere`]);
  });
});

describe("checkCommands", () => {
  it("holds in the tree", () => {
    expect(checkCommands(tree)).toEqual([]);
  });

  it("catches scripts that are gone", () => {
    const files = fixture({
      "package.json": JSON.stringify({ scripts: { test: "x", "test:deep": "y" } }),
      "scripts/docs.ts": "",
      "README.md": "npm test\nnpm run test:deep\nnpm run build\nnode scripts/docs.ts\nnpm start",
      "docs/a.md": "node scripts/gone.ts --help",
    });
    expect(checkCommands(files)).toEqual([
      "README.md:3 names npm script build",
      "README.md:5 names npm script start",
      "docs/a.md:1 runs scripts/gone.ts",
    ]);
  });
});

describe("checkPaths", () => {
  it("holds in the tree", () => {
    expect(checkPaths(tree)).toEqual([]);
  });

  it("catches a file that moved, and lets a folder and a pattern pass", () => {
    const files = fixture({
      "src/a.ts": "",
      "docs/a.md": "`src/a.ts`, `src/wire/`, `test/a/*.ts`\nand `src/b.ts`",
    });
    expect(checkPaths(files)).toEqual(["docs/a.md:2 names src/b.ts"]);
  });
});

describe("checkErrorCodes", () => {
  it("holds in the tree", () => {
    const page = tree.find(({ path }) => path === "docs/errors.md")?.text ?? "";
    expect(checkErrorCodes(page, Object.keys(ErrorTable))).toEqual([]);
  });

  it("holds for findings", () => {
    const page = tree.find(({ path }) => path === "docs/findings.md")?.text ?? "";
    expect(checkErrorCodes(page, FindingCodes)).toEqual([]);
  });

  it("catches a code without a row, a row without a code and a row twice", () => {
    const page = "| `a` | x |\n| `b` | y |\n| `b` | y |\n";
    expect(checkErrorCodes(page, ["b", "c"])).toEqual([
      "c has no row",
      "a is no error code",
      "b has two rows",
    ]);
  });
});

describe("checkDecisions", () => {
  it("holds in the tree", () => {
    expect(checkDecisions(tree)).toEqual([]);
  });

  const whole = ["# 1", "Context", "Decision", "Measured", "Alternatives", "Leaving it", ""].join(
    "\n## ",
  );
  it("catches one that is not listed, too long or without an exit", () => {
    const files = fixture({
      "docs/decisions/README.md": "- [one](001-one.md)\n- [three](003-three.md)",
      "docs/decisions/001-one.md": `${whole}\n`,
      "docs/decisions/002-two.md": `${whole}\n`,
      "docs/decisions/003-three.md": `${whole.replace("Leaving it", "End")}${"\nx".repeat(60)}`,
    });
    expect(checkDecisions(files)).toEqual([
      "docs/decisions/002-two.md: list it once",
      expect.stringMatching(/^docs\/decisions\/003-three\.md has \d+ lines, at most 60$/),
      'docs/decisions/003-three.md has no heading "Leaving it"',
    ]);
  });
});

describe("checkDependencies", () => {
  it("holds in the tree", () => {
    expect(checkDependencies(tree)).toEqual([]);
  });

  it("catches a package nobody argued for", () => {
    const files = fixture({
      "package.json": JSON.stringify({ dependencies: { pino: "1" }, devDependencies: { x: "1" } }),
      "docs/decisions/008-pino.md": "we log with `pino`",
      "docs/glossary.md": "`x`",
    });
    expect(checkDependencies(files)).toEqual(["x has no decision: add one to docs/decisions/"]);
  });
});
