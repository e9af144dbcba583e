import { expect, it } from "vitest";
import { checkRawIgnition, isRawIgnition } from "../../src/render/ignition.ts";

const file = (version: unknown) => Buffer.from(JSON.stringify({ ignition: { version } }));

it.each(["2.2.0", "2.4.0-experimental", "3.0.0", "3.5.0", "3.6.0-experimental", "3.99.1"])(
  "takes version %s",
  (version) => expect(checkRawIgnition(file(version))).toEqual({ kind: "usable", version }),
);

it.each([
  { name: "no JSON", bytes: Buffer.from("variant: fcos") },
  { name: "empty", bytes: Buffer.from("") },
  { name: "a list", bytes: Buffer.from("[]") },
  { name: "null", bytes: Buffer.from("null") },
  { name: "without ignition", bytes: Buffer.from("{}") },
  { name: "of a number as version", bytes: file(3) },
  { name: "of version 1", bytes: file("1.0.0") },
  { name: "of version 4", bytes: file("4.0.0") },
  { name: "of half a version", bytes: file("3") },
])("refuses a file that is $name with a reason", ({ bytes }) => {
  expect(checkRawIgnition(bytes)).toEqual({ kind: "invalid", reason: expect.stringMatching(/./) });
});

it("knows raw files by their extension, case and all", () => {
  expect(["a.ign", "a.ignition", "a.IGN", "a.json", "ign"].map(isRawIgnition)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
