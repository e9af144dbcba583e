import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderConfigDocs } from "../../src/config/docs.ts";
import { leaves } from "../../src/config/leaves.ts";

describe("docs/config.md", () => {
  it("is what the schema says; npm run docs makes it", () => {
    const page = readFileSync(new URL("../../docs/config.md", import.meta.url), "utf8");
    expect(page).toBe(renderConfigDocs());
  });

  it("explains every setting in a sentence", () => {
    const unexplained = leaves.filter(({ help, want }) => !help.endsWith(".") || want === "text");
    expect(unexplained).toEqual([]);
  });

  it("gives each setting a flag and a variable of its own", () => {
    expect(new Set(leaves.map(({ flag }) => flag)).size).toBe(leaves.length);
    expect(new Set(leaves.map(({ variable }) => variable)).size).toBe(leaves.length);
  });
});
