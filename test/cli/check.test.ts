import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runLine } from "../support/cli.ts";

let folder: string;

async function write(path: string, content: unknown): Promise<void> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-check-"));
  await write("groups/default.json", { profile: "p" });
  await write("profiles/p.json", { id: "p", ignition_id: "p.ign" });
  await write("ignition/p.ign", '{"ignition":{"version":"3.3.0"}}');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** On loopback with every service off that would need a port of its own; any port is free to try. */
async function check(...more: readonly string[]) {
  const off = ["--dhcp-mode", "off", "--dns-enabled", "false", "--tftp-enabled", "false"];
  const argv = ["check", "--interface", "lo", ...off, "--http-port", "61080"];
  return await runLine([...argv, "--data-folder", folder, ...more]);
}

describe("kindling check", () => {
  it("finds nothing in the way of a whole catalog", async () => {
    const { exit, out } = await check();
    expect(out).toMatch(/\nok: nothing stands in the way\n$/);
    expect(exit).toBe(0);
  });

  it.each([
    {
      file: "groups/broken.json",
      content: '{\n "profile": 1\n}',
      want: "groups/broken.json:2:13: left out: want ",
    },
    { file: "profiles/broken.json", content: "{", want: "profiles/broken.json:1:2: left out: " },
    {
      file: "templates/t.tmpl",
      content: "ok\n{{end}}",
      want: "templates/t.tmpl:2:6: left out: unexpected {{end}}",
    },
    {
      file: "ignition/p.ign",
      content: "{}",
      want: "profiles/p.json: ignition/p.ign: want ignition",
    },
  ])("ends with 1 on a broken $file, by line and column", async ({ file, content, want }) => {
    await write(file, content);
    const { exit, out } = await check();
    expect(out).toContain(`\nin the way:\n  ${folder}/${want}`);
    expect(exit).toBe(1);
  });

  it.each([
    {
      name: "groups that hide one another",
      file: "groups/second.json",
      content: { profile: "p" },
      want: 'groups/default.json hides second: all select ""',
    },
    {
      name: "a profile that is missing",
      file: "groups/lost.json",
      content: { profile: "gone", selector: { os: "x" } },
      want: 'groups/lost.json: there is no profile "gone"',
    },
    {
      name: "a file that is missing",
      file: "profiles/lost.json",
      content: { id: "lost", generic: { ks: "gone.ks" } },
      want: "profiles/lost.json: generic/gone.ks: is missing",
    },
  ])("notes $name and ends with 0", async ({ file, content, want }) => {
    await write(file, content);
    const { exit, out } = await check();
    const ok = "ok: nothing stands in the way\n\nto note:\n";
    expect(out).toContain(`\n${ok}  ${folder}/${want}\n`);
    expect(exit).toBe(0);
  });

  it("notes a data folder that is not there yet, since it is so after an installation", async () => {
    await rm(folder, { recursive: true });
    const { exit, out } = await check("-o", "json");
    const message = expect.stringMatching(/^there is no data folder \S+, .* set data\.folder$/);
    expect(JSON.parse(out)).toMatchObject({ findings: [], notes: [message] });
    expect(exit).toBe(0);
  });

  it("ends with 1 on a file in the folder's place", async () => {
    await rm(folder, { recursive: true });
    await writeFile(folder, "");
    const { exit, out } = await check("-o", "json");
    expect(JSON.parse(out).findings).toContain(`${folder}/.: left out: want a folder, got a file`);
    expect(exit).toBe(1);
  });

  it("tells both kinds apart as JSON", async () => {
    await write("groups/broken.json", "{");
    await write("groups/second.json", { profile: "p" });
    const { out } = await check("-o", "json");
    expect(JSON.parse(out)).toMatchObject({
      valid: true,
      findings: [expect.stringContaining("groups/broken.json:1:2")],
      notes: [expect.stringContaining("groups/default.json hides second")],
    });
  });
});

describe("kindling check of a signed chain", () => {
  // "MZ" and no more is a program without a table of certificates.
  const unsigned = { "ipxe-shim.efi": "MZ", "ipxe.efi": "MZ" };

  it("notes which file is missing, and stops no start", async () => {
    const { exit, out } = await check("--loaders-secure-boot", "ipxe-shim");
    expect(out).toContain("loaders.secureBoot is ipxe-shim and there is no ipxe-shim.efi: put");
    expect(out).toContain("ok: nothing stands in the way");
    expect(exit).toBe(0);
  });

  it("notes which file is not signed", async () => {
    for (const [name, text] of Object.entries(unsigned)) await write(`loaders/${name}`, text);
    const folders = ["--loaders-folders", join(folder, "loaders")];
    const { out } = await check("--loaders-secure-boot", "ipxe-shim", ...folders);
    for (const name of Object.keys(unsigned)) {
      expect(out).toContain(`loaders.secureBoot is ipxe-shim and ${folder}/loaders/${name} is not`);
    }
  });

  it("says nothing where none was chosen", async () => {
    const { out } = await check("--loaders-secure-boot", "off");
    expect(out).not.toContain("loaders.secureBoot is");
  });
});
