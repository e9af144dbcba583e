import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import {
  bitString,
  integer,
  objectId,
  readDer,
  sequence,
  tagged,
  time,
  truth,
  utf8String,
} from "../../src/rpc/der.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => Buffer.from(text, "hex");

describe("DER", () => {
  it.each([
    { name: "zero", value: integer(bytes("0000")), want: "020100" },
    { name: "a number that looks negative", value: integer(bytes("0080")), want: "02020080" },
    { name: "true", value: truth, want: "0101ff" },
    {
      name: "an object identifier",
      value: objectId("1.2.840.10045.4.3.2"),
      want: "06082a8648ce3d040302",
    },
    { name: "one below joint-iso-itu-t", value: objectId("2.5.29.37"), want: "0603551d25" },
    { name: "bits", value: bitString(bytes("80"), 7), want: "03020780" },
    { name: "an empty sequence", value: sequence(), want: "3000" },
    {
      name: "a primitive tag",
      value: tagged(7, "primitive", bytes("0a000001")),
      want: "87040a000001",
    },
    { name: "a constructed tag", value: tagged(3, "constructed", truth), want: "a3030101ff" },
    {
      name: "a time of this half century",
      value: time(Date.UTC(2049, 11, 31, 23, 59, 59)),
      want: `170d${Buffer.from("491231235959Z").toString("hex")}`,
    },
    {
      name: "a time of the next",
      value: time(Date.UTC(2050, 0, 1)),
      want: `180f${Buffer.from("20500101000000Z").toString("hex")}`,
    },
  ])("writes $name", ({ value, want }) => expect(hex(value)).toBe(want));

  it.each([127, 128, 255, 256, 70_000])("counts %i bytes", (length) => {
    const value = utf8String("x".repeat(length));
    const [read, ...rest] = readDer(Buffer.concat([value, truth]));
    expect(read?.contents).toHaveLength(length);
    expect(rest).toHaveLength(1);
  });

  it.each(["30", "3005", "30820100", "3080", "3085ffffffffff", "02010004"])(
    "refuses the part '%s' of a value",
    (part) => expect(() => readDer(bytes(part))).toThrow(WireError),
  );

  it("reads what it wrote, in order, and nothing but WireError comes of other bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), (contents) => {
        const values = contents.map((one) => tagged(0, "primitive", one));
        const read = readDer(Buffer.concat(values)).map((one) => hex(one.contents));
        expect(read).toEqual(contents.map(hex));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (given) => {
        try {
          readDer(given);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 20_000 },
    );
  });
});
