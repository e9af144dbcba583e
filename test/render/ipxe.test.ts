import { describe, expect, it } from "vitest";
import { renderBootScript, renderIpxe } from "../../src/render/ipxe.ts";

it("renderBootScript is the two lines that clients have always been given", () => {
  const script = renderBootScript();
  expect(Buffer.byteLength(script)).toBe(132);
  expect(script.split("\n")).toHaveLength(3);
  expect(script).toMatch(/^#!ipxe\nchain ipxe\?uuid=\$\{uuid\}&mac=\$\{mac:hexhyp\}&/);
  expect(script).toMatch(/&arch=\$\{buildarch:uristring\}\n$/);
});

describe("renderIpxe", () => {
  it.each([
    {
      name: "everything verbatim",
      boot: { kernel: "/k", initrd: ["--name a /a", "/b"], args: ["x=${y}", '"q" & <'] },
      want: '#!ipxe\nkernel /k x=${y} "q" & <\ninitrd --name a /a\ninitrd /b\nboot\n',
    },
    {
      name: "an empty plan with its blank",
      boot: { kernel: "", initrd: [], args: [] },
      want: "#!ipxe\nkernel \nboot\n",
    },
  ])("writes $name", ({ boot, want }) => {
    expect(renderIpxe(boot)).toBe(want);
  });
});
