import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configFileOf, formatProblems, loadConfig } from "../../src/config/load.ts";

function fileWith(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "kindling-")), "kindling.yaml");
  writeFileSync(file, text);
  return file;
}

describe("loadConfig", () => {
  const named = fileWith("dhcp: {lease: 1h}\n");
  const other = fileWith("dhcp: {lease: 2h}\n");
  const places = [
    { name: "--config", file: named, environment: {}, want: 3600 },
    { name: "KINDLING_CONFIG", environment: { KINDLING_CONFIG: other }, want: 7200 },
    {
      name: "--config before KINDLING_CONFIG",
      file: named,
      environment: { KINDLING_CONFIG: other },
      want: 3600,
    },
  ];
  it.each(places)("reads the file of $name", async ({ want, name: _name, ...place }) => {
    expect(await loadConfig({ ...place, flags: {} })).toMatchObject({
      kind: "valid",
      config: { dhcp: { lease: want } },
    });
  });

  it("says which named file it cannot read, and the cure", async () => {
    const file = join(tmpdir(), "kindling-no-such-file.yaml");
    const loading = loadConfig({ file, environment: {}, flags: {} });
    await expect(loading).rejects.toThrow(`cannot read the configuration ${file} (ENOENT): name`);
  });

  it("watches the default file where none is named", () => {
    expect(configFileOf({ environment: {} })).toBe("/etc/kindling/kindling.yaml");
  });

  it("tells each problem with its place", async () => {
    const file = fileWith("dhcp: {mode: x}\n");
    const resolution = await loadConfig({ file, environment: {}, flags: {} });
    const text = resolution.kind === "invalid" ? formatProblems(resolution) : "";
    expect(text).toBe(`${file}:1:14: dhcp.mode: want auto, full, proxy or off, got "x"`);
  });
});
