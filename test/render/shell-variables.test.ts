import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import { renderShellVariables } from "../../src/render/shell-variables.ts";

it("writes leaves, lists with their length, and names a shell can have", () => {
  const variables = { a: [true, { b: "x y" }], "some-dash": 1e6, "0": null, "": "e", none: [] };
  expect(renderShellVariables(variables)).toBe(
    ["A_0='true'", "A_1_B='x y'", "A_COUNT='2'", "NONE_COUNT='0'", "SOME_DASH='1e+06'"].join("\n") +
      "\n_0=''\n_='e'\n",
  );
});

it("is read by a shell as it was meant", () => {
  const text = fc.string({ unit: "binary" }).map((value) => value.replaceAll("\0", ""));
  fc.assert(
    fc.property(text, (value) => {
      const script = `${renderShellVariables({ a: value })}printf %s "$A"`;
      expect(execFileSync("sh", ["-c", script]).toString()).toBe(Buffer.from(value).toString());
    }),
    { numRuns: 50 },
  );
});
