import { randomBytes } from "node:crypto";
import { type FileHandle, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readerOfBytes, readerOfFile } from "../../src/http/file-reader.ts";

const content = randomBytes(1000);
let folder = "";
let handle: FileHandle;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-reader-"));
  await writeFile(join(folder, "file"), content);
  handle = await open(join(folder, "file"));
});
afterEach(async () => {
  await handle.close();
  await rm(folder, { recursive: true });
});

it("reads a file by parts of its buffers, each good while the next is read", async () => {
  const reader = readerOfFile(handle, 300);
  const first = await reader.read(5, 1000);
  const second = await reader.read(305, 1000);
  expect([first, second]).toEqual([content.subarray(5, 305), content.subarray(305, 605)]);
  expect(await reader.read(900, 910)).toEqual(content.subarray(900, 910));
});

it("fails where the file ends too soon", async () => {
  const reader = readerOfFile(handle, 300);
  await expect(reader.read(900, 1100)).rejects.toThrow("cut short");
});

it("hands out bytes in memory as they are", () => {
  expect(readerOfBytes(content).read(10, 20)).toEqual(content.subarray(10, 20));
});
