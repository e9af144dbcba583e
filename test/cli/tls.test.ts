import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runLine } from "../support/cli.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-tls-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function init(...flags: readonly string[]) {
  const { exit, out, error } = await runLine(["tls", "init", "--folder", folder, ...flags]);
  return { exit, text: out + error };
}

const read = (name: string) => readFile(join(folder, name), "utf8");
const certificate = async (name: string) => new X509Certificate(await read(name));

it("makes matchbox's layout, keys for the owner alone", async () => {
  expect((await init("--name", "boot.example", "--days", "90")).exit).toBe(0);
  for (const [name, mode] of [
    ["ca", 0o644],
    ["server", 0o644],
    ["client", 0o644],
  ] as const) {
    expect((await stat(join(folder, `${name}.crt`))).mode & 0o777).toBe(mode);
    expect((await stat(join(folder, `${name}.key`))).mode & 0o777).toBe(0o600);
  }
  const [ca, server] = [await certificate("ca.crt"), await certificate("server.crt")];
  expect(server.checkIssued(ca)).toBe(true);
  for (const name of ["boot.example", "localhost"]) expect(server.checkHost(name)).toBe(name);
  expect(server.checkIP("127.0.0.1")).toBe("127.0.0.1");
  const days = (server.validToDate.getTime() - Date.now()) / 86_400_000;
  expect(Math.round(days)).toBe(90);
});

it("never writes over an authority, and renews under it with the same names", async () => {
  await init("--name", "boot.example");
  const [ca, server] = [await read("ca.crt"), await read("server.crt")];
  expect(await init()).toMatchObject({ exit: 78, text: expect.stringContaining("use --renew") });
  expect([await read("ca.crt"), await read("server.crt")]).toEqual([ca, server]);
  expect((await init("--renew")).exit).toBe(0);
  expect(await read("ca.crt")).toBe(ca);
  expect(await read("server.crt")).not.toBe(server);
  expect((await certificate("server.crt")).checkHost("boot.example")).toBe("boot.example");
  expect((await stat(join(folder, "server.key"))).mode & 0o777).toBe(0o600);
});

it("writes nothing where a part of another set is", async () => {
  await writeFile(join(folder, "client.key"), "kept");
  expect(await init()).toMatchObject({ exit: 78, text: expect.stringContaining("client.key") });
  expect(await readdir(folder)).toEqual(["client.key"]);
});

it.each([
  { flags: ["--days", "0"], exit: 2, says: "want 1 to 3650" },
  { flags: ["--renew"], exit: 78, says: "ca.crt (ENOENT)" },
  { flags: ["--user", "nobody-here"], exit: 78, says: "there is no user nobody-here" },
])("refuses $flags", async ({ flags, exit, says }) => {
  expect(await init(...flags)).toMatchObject({ exit, text: expect.stringContaining(says) });
});
