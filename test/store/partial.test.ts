import { expect, it } from "vitest";
import { partialName } from "../../src/store/partial.ts";

it.each([
  { file: "users.tmpl", want: "users" },
  { file: "_base.tmpl", want: "_base" },
  { file: "a.b-c_9.tmpl", want: "a.b-c_9" },
  { file: `${"x".repeat(64)}.tmpl`, want: "x".repeat(64) },
])("$file is called $want", ({ file, want }) => {
  expect(partialName(file)).toBe(want);
});

it.each([
  { file: ".tmpl", got: '""' },
  { file: ".#users.tmpl", got: '".#users"' },
  { file: "-x.tmpl", got: '"-x"' },
  { file: "two words.tmpl", got: '"two words"' },
  { file: "ü.tmpl", got: '"ü"' },
  { file: `${"x".repeat(65)}.tmpl`, got: "x".repeat(65) },
])("$file has no name that a template may write", ({ file, got }) => {
  expect(() => partialName(file)).toThrow(got);
});
