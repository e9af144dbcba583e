import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runLine } from "../support/cli.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-import-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function importText(text: string, ...flags: readonly string[]) {
  const file = join(folder, "file");
  writeFileSync(file, text);
  return await runLine(["dhcp", "import", file, ...flags]);
}

describe("kindling dhcp import", () => {
  it("prints rows for the settings file, and beside them what became of each line", async () => {
    const text = "dhcp-host=52:54:00:77:00:10,10.77.0.9,node1\ndhcp-boot=x\n";
    const { exit, out, error } = await importText(text);
    expect(exit).toBe(10);
    expect(out).toBe(
      'dhcp:\n  reservations:\n    - { mac: "52:54:00:77:00:10", address: 10.77.0.9, hostname: "node1" }\n',
    );
    expect(error.split("\n")).toEqual([
      expect.stringMatching(/^LINE +TAKEN +WHAT +HOW, OR WHY NOT$/),
      expect.stringMatching(/^1 +yes +52:54:00:77:00:10 10\.77\.0\.9 node1 *$/),
      expect.stringMatching(/^2 +no +dhcp-boot=x +which boot file/),
      "dnsmasq: 1 reservations found, 1 lines or parts need a look",
      "",
    ]);
  });

  it("writes client identifiers and ports of relays for the settings file", async () => {
    const rows = [
      { "client-id": "01:aa", "ip-address": "10.77.0.9" },
      { "circuit-id": "'p1'", hostname: "b" },
    ];
    const { exit, out } = await importText(JSON.stringify({ Dhcp4: { reservations: rows } }));
    expect([exit, out.split("\n").slice(2)]).toEqual([
      0,
      [
        '    - { clientId: "hex:01aa", address: 10.77.0.9 }',
        '    - { circuitId: "hex:7031", hostname: "b" }',
        "",
      ],
    ]);
  });

  it.each([
    ["isc", "host a { hardware ethernet 52:54:00:77:00:10; }\n"],
    ["kea", '{"Dhcp4":{"reservations":[{"hw-address":"52:54:00:77:00:10","hostname":"a"}]}}'],
  ])("knows a file of %s by itself, and is content when all is taken", async (format, text) => {
    const { exit, error } = await importText(text);
    expect(error).toContain(`${format}: 1 reservations found, 0 lines`);
    expect(exit).toBe(0);
  });

  it("says which file it could not read", async () => {
    const { exit, error } = await runLine(["dhcp", "import", join(folder, "none")]);
    expect([exit, error]).toEqual([78, expect.stringContaining("(ENOENT): name a file")]);
  });

  it("says where it looked for the daemon", async () => {
    const socket = join(folder, "none.sock");
    const { exit, error } = await runLine(["dhcp", "leases", "--socket", socket]);
    expect([exit, error]).toEqual([1, expect.stringContaining(`no daemon answers at ${socket}`)]);
  });
});
