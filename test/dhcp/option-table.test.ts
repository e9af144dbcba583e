import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { OptionRows, optionRow, ServerOptions } from "../../src/dhcp/option-table.ts";

it("has each number and each name once, and none that the server keeps for itself", () => {
  const codes = OptionRows.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  expect(new Set(OptionRows.map(({ name }) => name)).size).toBe(codes.length);
  expect(codes.filter((code) => ServerOptions.has(code))).toEqual([]);
});

it("finds a row by name and by number", () => {
  expect(optionRow("ntp")).toBe(optionRow(42));
  expect(optionRow(222)).toBeUndefined();
});

it("is what docs/dhcp.md lists, each name with its number", () => {
  const page = readFileSync(new URL("../../docs/dhcp.md", import.meta.url), "utf8");
  const missing = OptionRows.filter(({ name, code }) => !page.includes(`${name} ${code}`));
  expect(missing).toEqual([]);
});
