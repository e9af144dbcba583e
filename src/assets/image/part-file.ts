import { type FileHandle, open, readFile, statfs, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { KindlingError } from "../../errors.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import type { Asked } from "./exchange.ts";
import type { MirrorUrl } from "./mirrors.ts";
import { decideSpace } from "./space.ts";
import type { Digests } from "./verify.ts";

/** A file that is to be had, and what is known of it before it comes. */
export type FileWish = {
  readonly name: string;
  readonly urls: readonly MirrorUrl[];
  readonly path: string;
  /** Where is kept what the bytes that are here are of. */
  readonly note: string;
  /** With it a file that is here already is not fetched. */
  readonly sha256?: string | undefined;
  readonly digests: () => Digests;
  /** `resumed` of the bytes were here before. */
  readonly onBytes: (bytes: number, total: number | undefined, resumed: number) => void;
  readonly onBroke: (reason: string) => void;
};

const readBytes = 1 << 20;

/** The bytes of a file that are here, and what they are of. */
export class Part implements AsyncDisposable {
  readonly wish: FileWish;
  readonly #handle: FileHandle;
  #digests: Digests;
  #note: PartNote;
  /** Bytes of an earlier pull that are in use. */
  #kept: number;
  #pieces = 0;

  constructor(wish: FileWish, handle: FileHandle, found: { digests: Digests; note: PartNote }) {
    this.wish = wish;
    this.#handle = handle;
    this.#digests = found.digests;
    this.#note = found.note;
    this.#kept = found.digests.bytes;
  }

  get digests(): Digests {
    return this.#digests;
  }
  get bytes(): number {
    return this.#digests.bytes;
  }
  get note(): PartNote {
    return this.#note;
  }
  /** Is it put together from several answers? If it proves wrong, a fresh one may be right. */
  get isPieced(): boolean {
    return this.#kept > 0 || this.#pieces > 1;
  }

  /** What to ask of this URL. A validator of another server would not be known to it. */
  asked(url: string): Asked {
    if (this.bytes === 0) return { kind: "whole" };
    const validator = this.#note.url === url ? this.#note.validator : undefined;
    return { kind: "rest", from: this.bytes, validator };
  }

  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#digests = this.wish.digests();
    this.#kept = 0;
    this.#pieces = 0;
  }

  async remember(url: string, validator: string | undefined): Promise<void> {
    this.#note = { url, validator };
    this.#pieces++;
    await writeFile(this.wish.note, JSON.stringify(this.#note));
  }

  /** Writes and hashes what comes, up to `bytesMax` bytes in all. */
  async take(
    chunks: AsyncIterable<Buffer>,
    { total, bytesMax }: { readonly total: number | undefined; readonly bytesMax: number },
  ): Promise<"all" | "too-long"> {
    for await (const chunk of chunks) {
      if (this.bytes + chunk.length > bytesMax) return "too-long";
      await writeAll(this.#handle, chunk, this.bytes);
      this.#digests.update(chunk);
      this.wish.onBytes(this.bytes, total, this.#kept);
    }
    return "all";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

type PartNote = { readonly url?: string; readonly validator?: string | undefined };

/** Opens a file to go on with, and hashes what is there. */
export async function openPart(wish: FileWish, signal: AbortSignal): Promise<Part> {
  const handle = await open(wish.path, "a+", 0o644).then(async (made) => {
    await made.close(); // "a+" makes it, "r+" writes where it is told
    return await open(wish.path, "r+");
  });
  try {
    const digests = wish.digests();
    const buffer = Buffer.alloc(readBytes);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, digests.bytes);
      if (bytesRead === 0) break;
      digests.update(buffer.subarray(0, bytesRead));
    }
    return new Part(wish, handle, { digests, note: await readNote(wish.note) });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readNote(path: string): Promise<PartNote> {
  try {
    const note: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof note !== "object" || note === null) return {};
    const { url, validator } = { url: undefined, validator: undefined, ...note };
    return typeof url === "string" && (validator === undefined || typeof validator === "string")
      ? { url, validator }
      : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {}; // torn by a crash: the bytes are compared at the end
    if (systemErrorCode(error) === "ENOENT") return {};
    throw error;
  }
}

/** Forgets a file that proved wrong, so that the next try begins at its first byte. */
export async function forgetPart({ path, note }: Pick<FileWish, "path" | "note">): Promise<void> {
  for (const one of [path, note]) {
    await unlink(one).catch((error: unknown) => {
      if (systemErrorCode(error) !== "ENOENT") throw error;
    });
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle
      .write(bytes, done, bytes.length - done, position + done)
      .catch((error: unknown) => {
        const full = ["ENOSPC", "EDQUOT"].includes(systemErrorCode(error));
        // Without a code: no trouble of the server, and not to be tried again.
        if (!full) throw new Error("a file of an image cannot be written", { cause: error });
        const message = "the disk is full: kindling image gc makes room";
        throw new KindlingError("image.no-space", message, {}, error);
      });
    done += bytesWritten;
  }
}

/** Throws where the disk has no room for the bytes that are to come. */
export async function checkSpace(
  { name, path }: FileWish,
  wanted: number | undefined,
): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  const decision = decideSpace(bavail * bsize, wanted);
  if (decision.kind === "enough") return;
  throw new KindlingError("image.no-space", `${name}: ${decision.sentence}`);
}
