import { createHash, randomBytes } from "node:crypto";
import {
  appendFile,
  mkdtemp,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DigestBook, type StampedFile } from "../../src/assets/digest-book.ts";
import { stampOf } from "../../src/assets/digest-note.ts";

/** Three parts, the last one short. */
const content = randomBytes(2 * 256 * 1024 + 1000);
const sha256 = createHash("sha256").update(content).digest("hex");

let folder = "";
let book: DigestBook;
/** Tasks that wait for the disk; the book goes on as they are let go. */
let held: (() => void)[] | undefined;
let turns = 0;
let atOnce = { now: 0, most: 0 };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-digests-"));
  [held, turns, atOnce] = [undefined, 0, { now: 0, most: 0 }];
  book = new DigestBook({ lanes: { run }, notesMax: 4 });
});
afterEach(async () => {
  book[Symbol.dispose]();
  release();
  await rm(folder, { recursive: true });
});

async function run<T>(task: () => Promise<T>): Promise<T> {
  turns += 1;
  if (held !== undefined) await new Promise<void>((go) => held?.push(go));
  atOnce.now += 1;
  atOnce.most = Math.max(atOnce.most, atOnce.now);
  try {
    return await task();
  } finally {
    atOnce.now -= 1;
  }
}

/** The disk is as fast as it can from here on. */
function release(): void {
  const waiting = held ?? [];
  held = undefined;
  for (const go of waiting) go();
}

async function fileOf(name: string): Promise<StampedFile> {
  const path = join(folder, name);
  const stats = await stat(path, { bigint: true });
  return { path, size: Number(stats.size), stamp: stampOf(stats) };
}

async function makeFile(name: string, bytes: Buffer | string = content): Promise<StampedFile> {
  await writeFile(join(folder, name), bytes);
  return await fileOf(name);
}

function seeTwice(file: StampedFile): void {
  book.see(file);
  book.see(file);
}

const known = (file: StampedFile) => expect.poll(() => book.digestOf(file));

/** Lets the disk do what it was asked so far, until the book asks `count` times in all. */
async function letGo(count: number): Promise<void> {
  while (turns < count) {
    for (const go of held?.splice(0) ?? []) go();
    await new Promise(setImmediate);
  }
}

describe("a content", () => {
  it("is read the second time it is fetched, not before", async () => {
    const file = await makeFile("kernel");
    book.see(file);
    expect([turns, await book.digestOf(file)]).toEqual([0, undefined]);
    book.see(file);
    await known(file).toBe(sha256);
    expect(turns).toBe(4); // opened, and three parts
    seeTwice(file);
    expect(turns).toBe(4);
  });

  it("that is on record is known at once, and never read", async () => {
    const file = await makeFile("kernel");
    let asked = 0;
    const recorded = async () => {
      asked += 1;
      return sha256;
    };
    using recording = new DigestBook({ lanes: { run }, recorded });
    for (let time = 0; time < 3; time += 1) {
      expect(await recording.digestOf(file)).toBe(sha256);
      recording.see(file);
    }
    expect([asked, turns]).toEqual([1, 0]);
  });

  it("that is on no record is looked for once, and read once", async () => {
    const [file, next] = [await makeFile("kernel"), await makeFile("next")];
    held = [];
    const answer = Promise.withResolvers<undefined>();
    let asked = 0;
    const recorded = () => {
      asked += 1;
      return answer.promise;
    };
    using recording = new DigestBook({ lanes: { run }, recorded });
    const first = recording.digestOf(file);
    for (let time = 0; time < 2; time += 1) recording.see(file); // of those who came meanwhile
    answer.resolve(undefined);
    await first;
    for (let time = 0; time < 2; time += 1) recording.see(file);
    for (let time = 0; time < 2; time += 1) recording.see(next);
    release();
    await expect.poll(() => recording.digestOf(next)).toBe(sha256);
    expect([asked, turns, await recording.digestOf(file)]).toEqual([1, 8, sha256]);
  });

  it("may be empty", async () => {
    const file = await makeFile("empty", "");
    seeTwice(file);
    await known(file).toBe(createHash("sha256").digest("hex"));
  });

  it("is known under another file's stamp when that has the same bytes", async () => {
    const files = [await makeFile("kernel"), await makeFile("again")];
    for (const file of files) seeTwice(file);
    for (const file of files) await known(file).toBe(sha256);
    expect(new Set(files.map(({ stamp }) => stamp)).size).toBe(2);
  });

  it("is hashed while no other is", async () => {
    const files = await Promise.all(["a", "b", "c"].map((name) => makeFile(name)));
    for (const file of files) seeTwice(file);
    for (const file of files) await known(file).toBe(sha256);
    expect(atOnce.most).toBe(1);
  });

  it("that was fetched longest ago is forgotten first", async () => {
    const names = ["a", "b", "c", "d"];
    const files = await Promise.all(names.map((name) => makeFile(name, name)));
    for (const file of files) {
      seeTwice(file);
      await known(file).toBeDefined();
    }
    for (const name of ["a", "new"]) book.see(await makeFileOnce(name));
    const left = await Promise.all(files.map((file) => book.digestOf(file)));
    expect(left.map((digest) => digest !== undefined)).toEqual([true, false, true, true]);
  });
});

async function makeFileOnce(name: string): Promise<StampedFile> {
  return await fileOf(name).catch(() => makeFile(name));
}

describe("a file that is no more what it was", () => {
  const changes = [
    { name: "grew", change: (path: string) => appendFile(path, "more") },
    { name: "was cut short", change: (path: string) => truncate(path, 10) },
    {
      name: "was edited and has its old time again",
      change: async (path: string) => {
        const { atime, mtime } = await stat(path);
        await writeFile(path, randomBytes(content.length));
        await utimes(path, atime, mtime);
      },
    },
  ];
  it.each(changes)("$name, is given up at the next part", async ({ change }) => {
    held = [];
    const file = await makeFile("kernel");
    seeTwice(file);
    await letGo(3);
    await change(file.path);
    const next = await makeFile("next");
    seeTwice(next);
    await letGo(4); // the next file is opened: the other's third part was never asked for
    release();
    await known(next).toBe(sha256);
    expect(turns).toBe(7);
    expect(await book.digestOf(file)).toBeUndefined();
  });

  it("has its digest in another's place only if it was read itself", async () => {
    const file = await makeFile("kernel");
    await makeFile("other", randomBytes(content.length));
    await rename(join(folder, "other"), file.path);
    const next = await makeFile("next");
    for (const one of [file, next]) seeTwice(one);
    await known(next).toBe(sha256);
    expect(await book.digestOf(file)).toBeUndefined();
  });

  it("is tried again when it is back", async () => {
    const file = await makeFile("kernel");
    const next = await makeFile("next");
    seeTwice({ ...file, path: join(folder, "away") });
    seeTwice(next);
    await known(next).toBe(sha256);
    seeTwice(file);
    await known(file).toBe(sha256);
  });
});

it("reads no further when it is closed", async () => {
  held = [];
  const file = await makeFile("kernel");
  seeTwice(file);
  await letGo(2);
  book[Symbol.dispose]();
  for (const go of held.splice(0)) go();
  for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
  expect([turns, await book.digestOf(file)]).toEqual([2, undefined]);
});
