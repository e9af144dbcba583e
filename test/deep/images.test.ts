import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type GpgSigners, openSigners } from "../support/gpg-signers.ts";
import { makeCertificates } from "../support/image-upstream.ts";

/** How much of an image streams through, and the most memory that may cost above a file that fills all buffers. */
const bytes = Number(process.env["IMAGE_BYTES"] ?? 4_000_000_000);
const smallBytes = 300_000_000;
const growthMax = 64 << 20;

let root = "";
let gpg: GpgSigners;
let fingerprint = "";
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "kindling-images-deep-"));
  mkdirSync(join(root, "files"));
  gpg = await openSigners("20250101T000000");
  fingerprint = await gpg.key("deep");
});
afterAll(async () => {
  await gpg[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
});

// Signed by GnuPG as it is: no copy of gigabytes is made for it.
async function sign(file: string): Promise<void> {
  const clock = ["--faked-system-time", "20250102T000000!", "--pinentry-mode", "loopback"];
  const flags = ["--homedir", gpg.folder, "--batch", "--yes", "--passphrase", "", ...clock];
  await execa("gpg", [
    ...flags,
    "--digest-algo",
    "SHA512",
    "-u",
    fingerprint,
    "--detach-sign",
    file,
  ]);
}

async function serve(): Promise<{ origin: string } & AsyncDisposable> {
  const { ca, cert, key } = await makeCertificates();
  for (const [name, text] of Object.entries({
    "ca.pem": ca,
    "server.crt": cert,
    "server.key": key,
  })) {
    writeFileSync(join(root, name), text);
  }
  const program = join(import.meta.dirname, "../support/serve-image-files.ts");
  const child = execa(process.execPath, [program, root], { stdin: "pipe", reject: false });
  const port = await new Promise<string>((resolve) => {
    child.stdout.once("data", (text: Buffer) => resolve(text.toString().trim()));
  });
  return {
    origin: `https://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await child;
    },
  };
}

/** The most memory that a pull of `big` had, as the kernel saw it. */
async function peakOf(origin: string, version: string, size: number): Promise<number> {
  const file = join(root, "files/big");
  writeFileSync(file, "");
  truncateSync(file, size);
  await sign(file);
  const recipe = {
    ...{ name: "mine", title: "Mine", upstream: "custom", version, channels: ["local"] },
    ...{ mirrors: [origin], architectures: { x86_64: "amd64" } },
    keys: [{ owner: "us", fingerprint, urls: [`${origin}/key.asc`] }],
    files: [{ role: "kernel", from: "big", file: "big", signature: "big.sig" }],
    boot: { args: [], ramMib: 512, secureBoot: "unsigned" },
  };
  writeFileSync(join(root, "files/key.asc"), await gpg.publish(fingerprint));
  mkdirSync(join(root, "data/images/recipes"), { recursive: true });
  writeFileSync(join(root, "data/images/recipes/mine.yaml"), JSON.stringify(recipe));
  const images = { caFile: join(root, "ca.pem") };
  const config = join(root, "kindling.yaml");
  writeFileSync(config, JSON.stringify({ data: { folder: join(root, "data") }, images }));
  const main = join(import.meta.dirname, "../../src/main.ts");
  const child = spawn(process.execPath, [main, "image", "pull", "mine", "--config", config]);
  let peak = 0;
  const timer = setInterval(() => {
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    peak = Math.max(peak, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024);
  }, 50);
  const exit = await new Promise((resolve) => child.once("exit", resolve));
  clearInterval(timer);
  expect(exit).toBe(0);
  return peak;
}

it(`needs no more memory for ${bytes / 1e9} GB than for ${smallBytes / 1e6} MB`, async () => {
  await using upstream = await serve();
  const small = await peakOf(upstream.origin, "1", smallBytes);
  const large = await peakOf(upstream.origin, "2", bytes);
  process.stdout.write(`peak ${small / 1e6} MB, and ${large / 1e6} MB for ${bytes / 1e9} GB\n`);
  expect(large - small).toBeLessThan(growthMax);
});
