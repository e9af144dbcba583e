import { describe, expect, it } from "vitest";
import { renderBootScript, renderIpxe } from "../../../src/render/ipxe.ts";
import { readStep } from "./machine.ts";

describe("readStep", () => {
  it("finds kernel and first RAM disk of a script that boots", () => {
    const script = renderIpxe({ kernel: "/a/k", initrd: ["/a/i", "/a/j"], args: ["quiet"] });
    expect(readStep(script)).toEqual({ kind: "boot", kernel: "/a/k", initrd: "/a/i" });
  });

  it("follows the daemon's first script", () => {
    expect(readStep(renderBootScript())).toMatchObject({ kind: "chain" });
  });

  it("fails on a script that leads nowhere", () => {
    expect(() => readStep("#!ipxe\nshell\n")).toThrow("no kernel and no chain");
  });
});
