import { describe, expect, it } from "vitest";
import { Architectures, architectureOf, pickArchitecture } from "../../src/boot/firmware.ts";

describe("Architectures", () => {
  it("stands in the order of its codes, which is how a code is looked up", () => {
    expect(Architectures.map(({ code }) => code)).toEqual([...Architectures.keys()]);
  });

  it.each([
    { name: "7, as firmware says x64", code: 7 },
    { name: "9, as RFC 4578 printed x64", code: 9 },
    { name: "16, x64 by HTTP", code: 16 },
  ])("loads the same x64 loader for $name", ({ code }) => {
    expect(architectureOf(code)).toMatchObject({ cpu: "x86_64", loader: "snponly.efi" });
  });

  it.each([-1, 0x2a, 0xffff, 1.5])("knows no row for %s", (code) => {
    expect(architectureOf(code)).toBeUndefined();
  });
});

describe("pickArchitecture", () => {
  it.each([
    { name: "the only one", codes: [0], want: "x86 BIOS" },
    { name: "the first that we have a loader for", codes: [2, 11, 7], want: "ARM 64-bit UEFI" },
    { name: "the first known where none has a loader", codes: [999, 3, 2], want: "DEC Alpha" },
    { name: "none of unknown codes", codes: [999], want: undefined },
    { name: "none of an empty list", codes: [], want: undefined },
  ])("picks $name", ({ codes, want }) => {
    expect(pickArchitecture(codes)?.name).toBe(want);
  });
});
