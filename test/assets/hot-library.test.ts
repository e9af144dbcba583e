import { createHash, randomBytes } from "node:crypto";
import { type FileHandle, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sliceBytes } from "../../src/assets/hot-budget.ts";
import { type FileReader, HotLibrary, type OpenFile } from "../../src/assets/hot-library.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** Three slices, the last one short. */
const content = randomBytes(2 * sliceBytes + 1000);
const limits = { bytesMax: 4 * sliceBytes, fileBytesMax: 3 * sliceBytes };
const idleMs = 60_000;

let folder = "";
let clock: FakeClock;
let library: HotLibrary;
let reads = 0;
let closes = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-hot-"));
  clock = new FakeClock();
  library = new HotLibrary({ ...limits, clock, idleMs });
  [reads, closes] = [0, 0];
});
afterEach(async () => {
  library[Symbol.dispose]();
  await rm(folder, { recursive: true });
});

/** Opens a file that was asked for before. */
async function openFile(...args: Parameters<typeof openAny>): Promise<FileReader> {
  await (await openAny(...args))[Symbol.asyncDispose]();
  [reads, closes] = [0, 0];
  return await openAny(...args);
}

/** Opens a file as a request does; its stamp is what `stampNow` says, at first its name. */
async function openAny(name: string, bytes: Buffer = content, stampNow = () => name) {
  await writeFile(join(folder, name), bytes);
  const file = await open(join(folder, name));
  const handle = {
    read: (...args: Parameters<FileHandle["read"]>) => {
      reads += 1;
      return file.read(...args);
    },
    close: () => {
      closes += 1;
      return file.close();
    },
  };
  // proven: the library reads and closes, and does nothing else
  const open_ = { handle: handle as unknown as FileHandle, restamp: async () => stampNow() };
  return library.open({ ...open_, size: bytes.length, stamp: name });
}

async function readAll(reader: FileReader, end = content.length, first = 0): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = first; at < end; at += parts.at(-1)?.length ?? end) {
    parts.push(Buffer.from(await reader.read(at, end)));
  }
  return Buffer.concat(parts);
}

describe("a file that fits", () => {
  it("is read from disk once for all who fetch it at the same time", async () => {
    const first = await openFile("kernel");
    const others = await Promise.all(Array.from({ length: 19 }, () => openAny("kernel")));
    const readers = [first, ...others];
    const bodies = await Promise.all(readers.map((reader) => readAll(reader)));
    for (const reader of readers) await reader[Symbol.asyncDispose]();
    expect(bodies.every((body) => body.equals(content))).toBe(true);
    expect(reads).toBe(3);
    expect(closes).toBe(20);
    expect(library.usage()).toEqual({ files: 1, bytes: content.length });
  });

  it("is read no further than somebody asked", async () => {
    await using reader = await openFile("kernel");
    expect(await readAll(reader, 100, 10)).toEqual(content.subarray(10, 100));
    expect(reads).toBe(1);
    expect(library.digestOf("kernel")).toBeUndefined();
  });

  it("has its SHA-256 soon after it was read, in whatever order", async () => {
    await using reader = await openFile("kernel");
    await readAll(reader, content.length, 2 * sliceBytes);
    expect(library.digestOf("kernel")).toBeUndefined();
    await readAll(reader);
    const sha256 = createHash("sha256").update(content).digest("hex");
    await expect.poll(() => library.digestOf("kernel")).toBe(sha256);
  });

  it("starts and ends anywhere", async () => {
    await using reader = await openFile("kernel");
    const [first, end] = [sliceBytes - 5, 2 * sliceBytes + 7];
    expect(await readAll(reader, end, first)).toEqual(content.subarray(first, end));
  });

  it("is let go when nobody asked for it for a while", async () => {
    await (await openFile("kernel"))[Symbol.asyncDispose]();
    clock.step(idleMs);
    expect(library.usage().files).toBe(0);
  });

  it("is not let go while it is being sent", async () => {
    await using reader = await openFile("kernel");
    await (await openFile("kernel"))[Symbol.asyncDispose]();
    clock.step(10 * idleMs);
    expect(library.usage().files).toBe(1);
    expect(await readAll(reader)).toEqual(content);
  });
});

describe("a file edited in place while it is read", () => {
  it("fails its readers and is read anew for the next", async () => {
    let stamp = "kernel";
    await using reader = await openFile("kernel", content, () => stamp);
    await reader.read(0, content.length);
    stamp = "another";
    await expect(reader.read(sliceBytes, content.length)).rejects.toThrow("changed");
    stamp = "kernel";
    await using next = await openFile("kernel", content, () => stamp);
    expect(await readAll(next)).toEqual(content);
  });
});

describe("a file that is asked for the first time", () => {
  it("is read for its reader and not kept; the second time within a while counts", async () => {
    for (const [waitMs, files] of [
      [0, 0],
      [idleMs, 0],
      [idleMs - 1, 1],
    ] as const) {
      clock.step(waitMs);
      await using reader = await openAny("kernel");
      expect(await readAll(reader)).toEqual(content);
      expect(library.usage().files).toBe(files);
    }
  });

  it("is read by smaller parts the more such readers there are", async () => {
    const parts: number[] = [];
    const readers: FileReader[] = [];
    for (const name of Array.from({ length: 600 }, (_, at) => `file${at}`)) {
      const reader = library.open(fileOf(name));
      readers.push(reader);
      parts.push((await reader.read(0, content.length)).length);
    }
    for (const reader of readers) await reader[Symbol.asyncDispose]();
    expect([parts[0], parts[127], parts[599]]).toEqual([512 << 10, 256 << 10, 64 << 10]);
    expect((await library.open(fileOf("last")).read(0, content.length)).length).toBe(512 << 10);
  });
});

/** A file that has bytes without end. */
function fileOf(stamp: string): OpenFile {
  const read = async (_: Buffer, __: number, length: number) => ({ bytesRead: length });
  // proven: the library reads and closes, and does nothing else
  const handle = { read, close: async () => {} } as unknown as FileHandle;
  return { handle, size: content.length, stamp, restamp: async () => stamp };
}

describe("a file that does not fit", () => {
  it("is read for each reader, beside what is kept", async () => {
    await (await openFile("kernel"))[Symbol.asyncDispose]();
    const large = randomBytes(limits.fileBytesMax + 1);
    await using reader = await openFile("rootfs", large);
    expect(await readAll(reader, large.length)).toEqual(large);
    expect(library.usage()).toEqual({ files: 1, bytes: content.length });
  });

  it("pushes out the one that was used longest ago, whose readers read on", async () => {
    await using first = await openFile("first");
    await (await openFile("second", content.subarray(0, sliceBytes)))[Symbol.asyncDispose]();
    await using third = await openFile("third", content.subarray(0, 2 * sliceBytes));
    expect(await readAll(third, 2 * sliceBytes)).toEqual(content.subarray(0, 2 * sliceBytes));
    expect(await readAll(first)).toEqual(content);
    expect(library.usage().bytes).toBeLessThanOrEqual(limits.bytesMax);
  });

  it("that is cut short fails its reader", async () => {
    await using reader = await openFile("short");
    await writeFile(join(folder, "short"), "");
    await expect(readAll(reader)).rejects.toThrow("cut short");
  });
});
