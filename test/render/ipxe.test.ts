// biome-ignore-all lint/suspicious/noTemplateCurlyInString: iPXE writes its settings like that
import { describe, expect, it } from "vitest";
import {
  renderAutoexec,
  renderBootScript,
  renderDiagnosis,
  renderIpxe,
} from "../../src/render/ipxe.ts";

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

describe("renderAutoexec", () => {
  const script = renderAutoexec("http://10.77.0.1:8080");
  it("marks iPXE as ours before it asks for an address", () => {
    expect(script.startsWith("#!ipxe\nset user-class kindling\ndhcp && goto boot ||\n")).toBe(true);
    expect(script).toContain("chain --replace --autofree http://10.77.0.1:8080/boot.ipxe ||\n");
  });

  it("waits longer each time, past the 50 s of spanning tree", () => {
    const waits = [...(script.split(":boot")[0]?.matchAll(/^sleep (\d+)$/gm) ?? [])].map(([, s]) =>
      Number(s),
    );
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(50);
  });

  it("leaves by what each firmware takes", () => {
    expect(script).toMatch(
      /:end\niseq \$\{platform\} efi && exit 1 \|\|\nsanboot --no-describe --drive 0x80 \|\| exit 1\n$/,
    );
  });
});

describe("renderDiagnosis", () => {
  it("prints its sentences and nothing that iPXE would read as more", () => {
    const script = renderDiagnosis(['one ${net0/mac} "two"', "three\nexit 0"]);
    expect(script).toContain("echo one {net0/mac} two\necho threeexit 0\nsleep 30\n");
    expect(script).toMatch(/\|\| exit 1\n$/);
  });
});
