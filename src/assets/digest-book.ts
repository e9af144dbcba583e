import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { systemErrorCode } from "../runtime/system-error.ts";
import { type DigestNote, decideSighting, stampOf } from "./digest-note.ts";

/** A content that somebody fetches, and the name by which it was found. */
export type StampedFile = {
  readonly path: string;
  readonly size: number;
  readonly stamp: string;
};

export type DigestBookOptions = {
  /** Where reads wait for their turn, so that a slow disk leaves threads to others. */
  readonly lanes: { run<T>(task: () => Promise<T>): Promise<T> };
  /** Tells a digest that somebody else vouches for, without reading the file. */
  readonly recorded?: (file: StampedFile) => Promise<string | undefined>;
  /** So many contents are known at most; those that were asked for longest ago are forgotten. */
  readonly notesMax?: number;
};

/** A note has some 250 bytes: this many are a megabyte. */
const defaultNotesMax = 4096;

/** One read, and one turn of the event loop for hashing it: a tenth of a millisecond to half of one. */
const partBytes = 256 * 1024;

/**
 * The SHA-256 of files that machines fetch. One that is on record is known at once; others are found out in the
 * background once a content is fetched the second time, by reading one file at a time in small parts. No content is kept.
 */
export class DigestBook {
  readonly #options: DigestBookOptions;
  /** By stamp, the last seen last. */
  readonly #notes = new Map<string, DigestNote>();
  readonly #waiting: StampedFile[] = [];
  #isWorking = false;
  #isClosed = false;

  constructor(options: DigestBookOptions) {
    this.#options = options;
  }

  /** In lower-case hexadecimal; undefined: not known yet. Waits for a record of what is new, if at all. */
  async digestOf(file: StampedFile): Promise<string | undefined> {
    const note = this.#notes.get(file.stamp) ?? (await this.#introduce(file));
    return note.kind === "known" ? note.sha256 : undefined;
  }

  /** Somebody fetches this. */
  see(file: StampedFile): void {
    const { compute, note } = decideSighting(this.#notes.get(file.stamp), this.#waiting.length);
    this.#keep(file.stamp, note);
    if (!compute) return;
    this.#waiting.push(file);
    if (!this.#isWorking) void this.#work();
  }

  /** Reads no further. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
  }

  async #introduce(file: StampedFile): Promise<DigestNote> {
    const sha256 = await this.#options.recorded?.(file);
    const known: DigestNote | undefined =
      sha256 === undefined ? undefined : { kind: "known", sha256 };
    // Others may have come for it meanwhile.
    const note = known ?? this.#notes.get(file.stamp) ?? { kind: "new" };
    this.#keep(file.stamp, note);
    return note;
  }

  #keep(stamp: string, note: DigestNote): void {
    this.#notes.delete(stamp); // a Map keeps its order: what is set anew comes last
    this.#notes.set(stamp, note);
    const [oldest] = this.#notes.keys();
    const most = this.#options.notesMax ?? defaultNotesMax;
    if (this.#notes.size > most && oldest !== undefined) this.#notes.delete(oldest);
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let file = this.#waiting[0]; file !== undefined; file = this.#waiting[0]) {
      const sha256 = await this.#digest(file);
      this.#waiting.shift();
      if (sha256 !== undefined) this.#keep(file.stamp, { kind: "known", sha256 });
      else this.#notes.delete(file.stamp); // whoever fetches it next begins anew
    }
    this.#isWorking = false;
  }

  async #digest({ path, size, stamp }: StampedFile): Promise<string | undefined> {
    const { lanes } = this.#options;
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafeSlow(Math.min(partBytes, size));
    try {
      await using file = await lanes.run(() =>
        open(path, constants.O_RDONLY | constants.O_NONBLOCK),
      );
      let at = 0;
      do {
        const position = at;
        const part = await lanes.run(() => readPart(file, buffer, { position, stamp }));
        if (part === undefined || this.#isClosed) return undefined;
        hash.update(part);
        at += part.length;
      } while (at < size);
      return hash.digest("hex");
    } catch (error) {
      systemErrorCode(error); // a disk's error is no bug: the tag stays the stamp
      return undefined;
    }
  }
}

// The stamp is looked at after the bytes: what was read before it was the content of that name.
async function readPart(
  file: FileHandle,
  buffer: Buffer,
  { position, stamp }: { readonly position: number; readonly stamp: string },
): Promise<Buffer | undefined> {
  const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
  const isSame = stampOf(await file.stat({ bigint: true })) === stamp;
  return isSame && (bytesRead > 0 || buffer.length === 0)
    ? buffer.subarray(0, bytesRead)
    : undefined;
}
