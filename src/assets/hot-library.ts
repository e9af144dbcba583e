import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../runtime/clock.ts";
import { decideAdmission, type HotLimits, type Kept, sliceAt, sliceBytes } from "./hot-budget.ts";
import { Sightings } from "./sightings.ts";

/** An open file and the name of its present content; the library closes it. */
export type OpenFile = {
  readonly handle: FileHandle;
  readonly size: number;
  /** Differs for every other file and every other content of the same file. */
  readonly stamp: string;
  /** The stamp of what the handle would read now. */
  restamp(): Promise<string>;
};

/** Bytes of one file for one client; disposing of it ends the reading. */
export type FileReader = AsyncDisposable & {
  /** Some bytes from `offset` on, up to `end` (exclusive): a view that stays as it is until the next but one call. */
  read(offset: number, end: number): Buffer | Promise<Buffer>;
};

export type HotUsage = { readonly files: number; readonly bytes: number };

export type HotLibraryOptions = HotLimits & {
  readonly clock: Clock;
  /** A file that nobody asks for within this time is let go. */
  readonly idleMs?: number;
};

const defaultIdleMs = 10 * 60_000;

/**
 * What a file that is not kept is read by: each reader has two buffers, smaller the more of them there are,
 * so that two thousand clients that stall hold 256 MiB together.
 */
const coldBuffers = { total: 64 << 20, least: 64 * 1024, most: 512 * 1024 } as const;

/**
 * Files that many machines fetch, each kept in slices that all readers share. A file is kept when a second
 * reader wants it: keeping costs fresh memory, some seven times what sending does, and most large files are
 * fetched once. It is read as its readers ask for it, not before.
 */
export class HotLibrary {
  readonly #options: HotLibraryOptions;
  readonly #kept = new Map<string, HotFile>();
  readonly #sightings: Sightings;
  #limits: HotLimits;
  #coldReaders = 0;
  #sweep: Disposable | undefined;

  constructor(options: HotLibraryOptions) {
    this.#options = options;
    this.#limits = options;
    this.#sightings = new Sightings(options.idleMs ?? defaultIdleMs);
  }

  /** A reader of the file, whose handle is the library's from now on. */
  open(file: OpenFile): FileReader {
    const kept = this.#kept.get(file.stamp);
    if (kept?.isBroken) this.#drop(file.stamp);
    const known = kept?.isBroken ? undefined : kept;
    const isWanted = this.#sightings.see(file.stamp, this.#options.clock.now());
    const hot = known ?? (isWanted ? this.#admit(file) : undefined);
    if (hot === undefined) return this.#openCold(file.handle);
    if (known !== undefined) void file.handle.close();
    this.#kept.delete(file.stamp); // the last used comes last: a Map keeps its order
    this.#kept.set(file.stamp, hot);
    return hot.reader(() => this.#touched(hot));
  }

  /** SHA-256 in hexadecimal of a content that is in memory whole. */
  digestOf(stamp: string): string | undefined {
    return this.#kept.get(stamp)?.digest;
  }

  usage(): HotUsage {
    const sizes = [...this.#kept.values()].map(({ size }) => size);
    return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  /** Another budget, for the files that are asked for from now on. */
  replaceLimits(limits: HotLimits): void {
    this.#limits = limits;
  }

  /** Lets go of everything; open readers read on. */
  [Symbol.dispose](): void {
    this.#sweep?.[Symbol.dispose]();
    for (const key of [...this.#kept.keys()]) this.#drop(key);
  }

  #admit(file: OpenFile): HotFile | undefined {
    const admission = decideAdmission<string>(file.size, this.#kept, this.#limits);
    if (admission.kind === "stream") return undefined;
    for (const key of admission.drop) this.#drop(key);
    return new HotFile(file, this.#options.clock.now());
  }

  #openCold(handle: FileHandle): FileReader {
    this.#coldReaders += 1;
    const { total, least, most } = coldBuffers;
    const even = Math.floor(total / 2 / this.#coldReaders);
    return new ColdReader(handle, {
      bytes: Math.min(most, Math.max(least, even)),
      done: () => {
        this.#coldReaders -= 1;
      },
    });
  }

  #touched(hot: HotFile): void {
    hot.usedAt = this.#options.clock.now();
    if (hot.isBroken) this.#drop(hot.stamp);
    else this.#scheduleSweep();
  }

  #scheduleSweep(): void {
    const { clock, idleMs = defaultIdleMs } = this.#options;
    this.#sweep ??= clock.after(idleMs, () => {
      this.#sweep = undefined;
      const now = clock.now();
      for (const [key, hot] of this.#kept) {
        if (hot.readers === 0 && now - hot.usedAt >= idleMs) this.#drop(key);
      }
      if (this.#kept.size > 0) this.#scheduleSweep();
    });
  }

  #drop(key: string): void {
    const hot = this.#kept.get(key);
    this.#kept.delete(key);
    hot?.retire();
  }
}

/** One content in memory, filled slice by slice. */
class HotFile implements Kept {
  readonly size: number;
  readonly stamp: string;
  usedAt: number;
  readers = 0;
  isBroken = false;
  digest: string | undefined;
  readonly #file: OpenFile;
  readonly #slices: (Buffer | Promise<Buffer> | undefined)[];
  #loaded = 0;
  #digesting = false;
  #retired = false;
  #closed = false;

  constructor(file: OpenFile, now: number) {
    this.#file = file;
    this.size = file.size;
    this.stamp = file.stamp;
    this.usedAt = now;
    this.#slices = new Array(Math.ceil(file.size / sliceBytes));
  }

  reader(done: () => void): FileReader {
    this.readers += 1;
    let open = true;
    return {
      read: (offset, end) => this.#read(offset, end),
      [Symbol.asyncDispose]: async () => {
        if (!open) return;
        open = false;
        this.readers -= 1;
        done();
        await this.#closeIfUnused();
      },
    };
  }

  /** No longer kept: the memory goes when the last reader is done. */
  retire(): void {
    this.#retired = true;
    void this.#closeIfUnused();
  }

  #read(offset: number, end: number): Buffer | Promise<Buffer> {
    const { index, start } = sliceAt(offset);
    const last = Math.min(sliceBytes, end - index * sliceBytes);
    const slice = this.#slices[index] ?? this.#load(index);
    return Buffer.isBuffer(slice) ? cut(slice, start, last) : cutLater(slice, start, last);
  }

  #load(index: number): Promise<Buffer> {
    const loading = this.#readSlice(index);
    this.#slices[index] = loading;
    loading.then(
      (buffer) => {
        this.#slices[index] = buffer;
        this.#loaded += 1;
        void this.#digestOnce();
        void this.#closeIfUnused();
      },
      () => {
        this.isBroken = true;
      },
    );
    return loading;
  }

  async #readSlice(index: number): Promise<Buffer> {
    const length = Math.min(sliceBytes, this.size - index * sliceBytes);
    const buffer = Buffer.allocUnsafeSlow(length);
    await fill(this.#file.handle, buffer, index * sliceBytes);
    // Edited in place since: slices of two contents must not stand beside each other.
    if ((await this.#file.restamp()) !== this.stamp) throw new Error("the file was changed");
    return buffer;
  }

  get #isWhole(): boolean {
    return this.#loaded === this.#slices.length;
  }

  // Between other work: a digest costs more processor time than sending the file does.
  async #digestOnce(): Promise<void> {
    if (this.#digesting || !this.#isWhole) return;
    this.#digesting = true;
    const hash = createHash("sha256");
    for (const slice of this.#slices) {
      if (Buffer.isBuffer(slice)) hash.update(slice);
      await setImmediate();
    }
    this.digest = hash.digest("hex");
  }

  // Whole in memory, or dropped and read to the end: the file itself is not needed any more.
  async #closeIfUnused(): Promise<void> {
    const isDone = this.#isWhole || (this.#retired && this.readers === 0);
    if (!isDone || this.#closed) return;
    this.#closed = true;
    await this.#file.handle.close();
  }
}

async function cutLater(slice: Promise<Buffer>, start: number, end: number): Promise<Buffer> {
  return cut(await slice, start, end);
}

// `end` beyond the slice gives the rest of it.
function cut(slice: Buffer, start: number, end: number): Buffer {
  return start === 0 && end >= slice.length ? slice : slice.subarray(start, end);
}

type ColdOptions = { readonly bytes: number; readonly done: () => void };

/** A file of one client's own, read into two buffers by turns: one is sent while the other is filled. */
class ColdReader implements FileReader {
  readonly #handle: FileHandle;
  readonly #buffers: Buffer[] = [];
  readonly #options: ColdOptions;
  #turn = 0;
  #closed = false;

  constructor(handle: FileHandle, options: ColdOptions) {
    this.#handle = handle;
    this.#options = options;
  }

  async read(offset: number, end: number): Promise<Buffer> {
    this.#turn = 1 - this.#turn;
    const length = Math.min(this.#options.bytes, end - offset);
    const buffer = this.#buffers[this.#turn] ?? Buffer.allocUnsafeSlow(length);
    this.#buffers[this.#turn] = buffer;
    const part = buffer.subarray(0, Math.min(length, buffer.length));
    await fill(this.#handle, part, offset);
    return part;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.done();
    await this.#handle.close();
  }
}

async function fill(handle: FileHandle, buffer: Buffer, position: number): Promise<void> {
  for (let at = 0; at < buffer.length; ) {
    const { bytesRead } = await handle.read(buffer, at, buffer.length - at, position + at);
    if (bytesRead === 0) throw new Error("the file was cut short while it was read");
    at += bytesRead;
  }
}
