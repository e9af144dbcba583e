import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runLine } from "../support/cli.ts";
import { sha256 } from "../support/image-site.ts";
import { openUpstream, type Upstream } from "../support/image-upstream.ts";

const main = join(import.meta.dirname, "../../src/main.ts");
const bytes = Buffer.alloc(3_000_000, "kernel");

let upstream: Upstream;
let root = "";
beforeAll(async () => {
  upstream = await openUpstream();
  root = mkdtempSync(join(tmpdir(), "kindling-image-crash-"));
  mkdirSync(join(root, "images/recipes"), { recursive: true });
  writeFileSync(join(root, "ca.pem"), upstream.ca);
  const images = { caFile: join(root, "ca.pem"), silence: 60 };
  writeFileSync(join(root, "kindling.yaml"), JSON.stringify({ data: { folder: root }, images }));
  const recipe = {
    ...{ name: "mine", title: "Mine", upstream: "custom", version: "1", channels: ["local"] },
    ...{ mirrors: [upstream.origin], architectures: { x86_64: "amd64" } },
    files: [{ role: "kernel", from: "linux", file: "linux", sha256: sha256(bytes) }],
    boot: { args: [], ramMib: 512, secureBoot: "unsigned" },
  };
  writeFileSync(join(root, "images/recipes/mine.yaml"), JSON.stringify(recipe));
  upstream.files.set("linux", bytes);
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
});

const config = () => ["--config", join(root, "kindling.yaml")];
const part = () => join(root, "images/partial/mine/1/x86_64/image/linux");
const published = () =>
  existsSync(join(root, "assets")) ? readdirSync(join(root, "assets/images")) : [];

/** Starts a pull and ends it by this signal when some of the file is on the disk. */
async function endMidway(signal: NodeJS.Signals): Promise<number | null> {
  const behind = existsSync(part()) ? readFileSync(part()).length : 0;
  upstream.fail("linux", { kind: "stall", after: 700_000 });
  const child = spawn(process.execPath, [main, "image", "pull", "mine", ...config()]);
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  await expect
    .poll(() => existsSync(part()) && readFileSync(part()).length > behind, { timeout: 15_000 })
    .toBe(true);
  child.kill(signal);
  return await ended;
}

it("goes on with what a pull left that was killed, and one that was ended by Ctrl-C", async () => {
  expect(await endMidway("SIGKILL")).toBeNull();
  expect(published()).toEqual([]);
  expect(await endMidway("SIGINT")).toBe(130);
  expect(published()).toEqual([]);
  const here = readFileSync(part()).length;
  expect(here).toBeGreaterThan(900_000);
  const { exit } = await runLine(["image", "pull", "mine", ...config()]);
  expect(exit).toBe(0);
  expect(upstream.requests.at(-1)).toBe(`GET linux bytes=${here}-`);
  const image = join(root, "assets/images/mine/1/x86_64/linux");
  expect(readFileSync(image).equals(bytes)).toBe(true);
}, 60_000);
