import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFloat, formatFloatAs } from "../../../src/render/go-template/float-text.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe("formatFloat", () => {
  it.each([
    [0, "0"],
    [-0, "-0"],
    [1, "1"],
    [-1.5, "-1.5"],
    [8080, "8080"],
    [100000, "100000"],
    [999999, "999999"],
    [1000000, "1e+06"],
    [1234567, "1.234567e+06"],
    [123456789012, "1.23456789012e+11"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1e20, "1e+20"],
    [1e100, "1e+100"],
    [5e-324, "5e-324"],
    [0.1, "0.1"],
  ])("prints %d as %s", (value, want) => {
    expect(formatFloat(value)).toBe(want);
  });

  it("prints digits that read back the same", () => {
    fc.assert(fc.property(finite, (value) => Object.is(Number(formatFloat(value)), value)));
  });
});

describe("formatFloatAs", () => {
  it.each([
    { name: "half to even, down", value: 1.25, verb: "f", precision: 1, want: "1.2" },
    { name: "half to even, up", value: 1.75, verb: "f", precision: 1, want: "1.8" },
    { name: "a carry over all digits", value: 999.96, verb: "f", precision: 1, want: "1000.0" },
    { name: "half of the first place", value: 0.5, verb: "f", precision: 0, want: "0" },
    { name: "more than half of it", value: 0.51, verb: "f", precision: 0, want: "1" },
    { name: "far below the places", value: 0.0004, verb: "f", precision: 2, want: "0.00" },
    {
      name: "every digit there is",
      value: 0.1,
      verb: "f",
      precision: 30,
      want: "0.100000000000000005551115123126",
    },
    { name: "zero with an exponent", value: 0, verb: "e", precision: 2, want: "0.00e+00" },
    { name: "the smallest", value: 5e-324, verb: "e", precision: 3, want: "4.941e-324" },
    { name: "in few digits", value: 123456, verb: "g", precision: 3, want: "1.23e+05" },
    { name: "bits", value: 1, verb: "b", want: "4503599627370496p-52" },
    { name: "hexadecimal", value: -2.25, verb: "X", want: "-0X1.2P+01" },
    { name: "hexadecimal, rounded up", value: 1.9999, verb: "x", precision: 1, want: "0x1.0p+01" },
    { name: "the smallest in hexadecimal", value: 5e-324, verb: "x", want: "0x1p-1074" },
  ] as const)("writes $name", ({ want, value, ...format }) => {
    expect(formatFloatAs(value, format)).toBe(want);
  });

  it("reads back the same from seventeen digits", () => {
    fc.assert(
      fc.property(finite, (value) => {
        const text = formatFloatAs(value, { verb: "e", precision: 16 });
        expect(Object.is(Number(text), value)).toBe(true);
      }),
    );
  });
});
