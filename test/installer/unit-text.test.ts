import { describe, expect, it } from "vitest";
import { formatCommand, formatEnvironment, formatUnit } from "../../src/installer/unit-text.ts";

describe("formatUnit", () => {
  it("repeats the key of a list and leaves a line between sections", () => {
    const text = formatUnit({
      Unit: { After: ["a.service", "b.service"] },
      Install: { Alias: "x" },
    });
    expect(text).toBe("[Unit]\nAfter=a.service\nAfter=b.service\n\n[Install]\nAlias=x\n");
  });
});

describe("formatCommand", () => {
  it("puts each flag on a line of its own, an empty value too", () => {
    expect(formatCommand("/bin/x", { a: "1", b: "" })).toBe("/bin/x \\\n  --a=1 \\\n  --b=");
  });
});

describe("formatEnvironment", () => {
  it("quotes what a shell would split", () => {
    expect(formatEnvironment({ A: "x?b=1&c=2", B: "" })).toBe('A="x?b=1&c=2"\nB=""\n');
  });

  it.each(['a"b', "a$b", "a`b", "a\\b", "a\nb"])("refuses '%s'", (value) => {
    expect(() => formatEnvironment({ A: value })).toThrow("A: cannot be quoted");
  });
});
