import { expect, it } from "vitest";
import { parseUnit } from "../../../src/render/ignition-rules/unit-file.ts";

it.each([
  { name: "nothing", text: "", want: [] },
  {
    name: "two sections",
    text: "[Unit]\nA=b\n\n[Install]\nWantedBy=x\n",
    want: ["Unit", "Install"],
  },
  { name: "a header that sets nothing", text: "[Unit]\nA=b\n[Install]\n", want: ["Unit"] },
  { name: "comments", text: "[Unit]\n# x\n; y\nA=b", want: ["Unit"] },
  { name: "lines that go on", text: "[Service]\nExecStart=a \\\n  b\nC=d", want: ["Service"] },
  { name: "Windows line ends", text: "[Unit]\r\nA=b\r\n", want: ["Unit"] },
  { name: "text above the first section", text: "hello\n[Unit]\nA=b", want: ["Unit"] },
])("reads $name", ({ text, want }) => {
  expect(parseUnit(text)).toEqual({ kind: "parsed", sections: new Set(want) });
});

it.each([
  { name: "a header without its end", text: "[Unit\nA=b", want: "line 1 of the unit: want ]" },
  {
    name: "text behind a header",
    text: "[Unit] x",
    want: "line 1 of the unit: want nothing after",
  },
  { name: "a line without =", text: "[Unit]\n\nabc", want: "line 3 of the unit: want name=value" },
  { name: "a line too long", text: `[Unit]\nA=${"x".repeat(3000)}`, want: "line 2 of the unit" },
])("refuses $name", ({ text, want }) => {
  expect(parseUnit(text)).toEqual({ kind: "broken", reason: expect.stringContaining(want) });
});
