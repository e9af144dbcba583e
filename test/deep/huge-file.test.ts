import { once } from "node:events";
import { mkdir, mkdtemp, open, readFile, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { request as plainRequest } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startMatchbox } from "../support/matchbox-process.ts";

const [gibibyte, mebibyte] = [2 ** 30, 2 ** 20];
const fileBytes = 6 * gibibyte;
/** What the daemon may grow by while it sends: buffers, and garbage that is not collected yet. */
const growthMaxMib = 64;

let folder = "";
const at = (name: string) => join(folder, name);

// Sparse, but for marks around every gibibyte and at the end: bytes that went astray are seen.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-huge-"));
  await mkdir(at("assets"));
  await using file = await open(at("assets/huge"), "w");
  await file.truncate(fileBytes);
  for (let edge = 0; edge <= fileBytes; edge += gibibyte) {
    for (const mark of [edge - 4096, edge]) {
      if (mark >= 0 && mark < fileBytes) await file.write(Buffer.from(`<${mark}>`), 0, null, mark);
    }
  }
  await execa("openssl", [
    ...["req", "-x509", "-subj", "/CN=127.0.0.1", "-days", "1", "-nodes", "-newkey", "rsa:2048"],
    ...["-keyout", at("key"), "-out", at("crt")],
  ]);
});
afterAll(() => rm(folder, { recursive: true }));

type Range = { readonly first: number; readonly last: number };

/** CRC-32 and length of what the file has there. */
async function fileSum({ first, last }: Range) {
  await using file = await open(at("assets/huge"));
  let [sum, bytes] = [0, 0];
  for await (const part of file.createReadStream({ start: first, end: last, autoClose: false })) {
    sum = crc32(part, sum);
    bytes += part.length;
  }
  return { sum, bytes };
}

/** The same of what the server sends; a slow reader rests after every part. */
async function sentSum(origin: string, { first, last }: Range, restMs = 0) {
  const ask = origin.startsWith("https:") ? request : plainRequest;
  const headers = { range: `bytes=${first}-${last}` };
  const asking = ask(`${origin}/assets/huge`, { headers, rejectUnauthorized: false, agent: false });
  asking.end();
  // node:events types no arguments; of "response" the first is an IncomingMessage.
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  expect(response.headers["content-range"]).toBe(`bytes ${first}-${last}/${fileBytes}`);
  let [sum, bytes] = [0, 0];
  for await (const part of response) {
    sum = crc32(part, sum);
    bytes += part.length;
    if (restMs > 0) await sleep(restMs);
  }
  return { sum, bytes };
}

const whole: Range = { first: 0, last: fileBytes - 1 };
const ranges: readonly Range[] = [
  { first: 4 * gibibyte - 1, last: 4 * gibibyte },
  { first: 4 * gibibyte - 5000, last: 4 * gibibyte + 5000 },
  { first: 2 * gibibyte - mebibyte, last: 2 * gibibyte + mebibyte },
  { first: 4 * gibibyte - 3 * mebibyte, last: 4 * gibibyte + 3 * mebibyte },
  { first: 4 * gibibyte + 1, last: 5 * gibibyte },
  { first: fileBytes - 70_000, last: fileBytes - 1 },
];
const slowRange: Range = {
  first: 4 * gibibyte - 16 * mebibyte,
  last: 4 * gibibyte + 16 * mebibyte,
};

const tls = () => ["-web-ssl", "-web-cert-file", at("crt"), "-web-key-file", at("key")];
const start = (scheme: string) =>
  startMatchbox(folder, "-assets-path", at("assets"), ...(scheme === "https" ? tls() : []));

it.each(["http", "https"])("ranges beyond 4 GiB are exact by %s", async (scheme) => {
  await using server = await start(scheme);
  const origin = `${scheme}://127.0.0.1:${server.port}`;
  for (const range of ranges) expect(await sentSum(origin, range)).toEqual(await fileSum(range));
});

it("eight readers, fast and slow, cost no memory that grows", async () => {
  await using server = await start("http");
  const origin = `http://127.0.0.1:${server.port}`;
  await sentSum(origin, slowRange);
  const before = await ownMib(server.pid);
  const sizes: number[] = [];
  const watching = new AbortController();
  const watched = watch(server.pid, sizes, watching.signal);
  const sums = await Promise.all([
    ...[0, 0].map(() => sentSum(origin, whole)),
    ...[1, 1, 2, 4, 8, 8].map((restMs) => sentSum(origin, slowRange, restMs)),
  ]);
  watching.abort();
  await watched;
  const [all, slow] = [await fileSum(whole), await fileSum(slowRange)];
  expect(sums).toEqual([all, all, slow, slow, slow, slow, slow, slow]);
  const most = Math.max(...sizes);
  process.stdout.write(`memory of its own: ${before} MiB before, ${most} MiB at most\n`);
  expect(most - before).toBeLessThan(growthMaxMib);
});

async function watch(pid: number, sizes: number[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    sizes.push(await ownMib(pid));
    await sleep(200, undefined, { signal }).catch(() => {});
  }
}

/** Without pages of files, which the kernel has anyway. */
async function ownMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
}
