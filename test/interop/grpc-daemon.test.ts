import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";

const main = resolve(import.meta.dirname, "../../src/main.ts");
const port = 18_081;

it("the daemon and the commands know each other by the certificates of tls init", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kindling-grpc-"));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(folder, { recursive: true }));
  const tls = join(folder, "tls");
  const kindling = (...words: readonly string[]) =>
    execa(process.execPath, [main, ...words], { reject: false, timeout: 20_000 });
  expect((await kindling("tls", "init", "--folder", tls)).exitCode).toBe(0);

  await mkdir(join(folder, "data"));
  const settings = [
    ...["--interface", "lo", "--dhcp-mode", "off", "--tftp-enabled", "false"],
    ...["--dns-enabled", "false", "--http-port", "18080", "--rpc-port", `${port}`],
    ...["--rpc-ca-file", join(tls, "ca.crt"), "--rpc-cert-file", join(tls, "server.crt")],
    ...["--rpc-key-file", join(tls, "server.key"), "--data-folder", join(folder, "data")],
    ...["--state-folder", folder, "--admin-socket", join(folder, "admin.sock")],
  ];
  expect((await kindling("check", ...settings)).exitCode).toBe(0);
  const daemon = execa(process.execPath, [main, "serve", ...settings], { reject: false });
  opened.defer(async () => void daemon.kill("SIGKILL"));
  let told = "";
  while (!told.includes("kindling serves")) told += String((await once(daemon.stdout, "data"))[0]);

  const flags = [
    ...["--endpoints", `localhost:${port}`, "--ca-file", join(tls, "ca.crt")],
    ...["--cert-file", join(tls, "client.crt"), "--key-file", join(tls, "client.key")],
  ];
  const shown = await kindling("generic", "put", main, ...flags);
  expect(shown).toMatchObject({ exitCode: 0, stderr: "" });
  const got = await kindling("generic", "show", "main.ts", ...flags);
  expect(got.stdout).toContain("The one file that knows argv");
  daemon.kill("SIGTERM");
  expect((await daemon).exitCode).toBe(0);
}, 60_000);
