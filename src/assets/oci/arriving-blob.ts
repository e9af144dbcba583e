import { type FileHandle, open } from "node:fs/promises";
import { systemErrorCode } from "../../runtime/system-error.ts";
import type { ArrivingFile, ArrivingReader } from "./upstream-answer.ts";

export type ArrivingOptions = {
  /** Where it is written. */
  readonly path: string;
  /** Where it is once all of it was right. */
  readonly target: string;
  readonly size: number;
  readonly modified: Date;
};

/** What a reader takes at once. */
const readBytesMax = 512 * 1024;

/**
 * A file that is read by many while it is written by one. Its last byte is kept back until its digest was
 * right: nobody gets all of a wrong one.
 */
export class ArrivingBlob implements ArrivingFile {
  readonly size: number;
  readonly modified: Date;
  readonly #options: ArrivingOptions;
  #written = 0;
  #state: "arriving" | "right" | "failed" = "arriving";
  #change = Promise.withResolvers<void>();

  constructor(options: ArrivingOptions) {
    this.#options = options;
    this.size = options.size;
    this.modified = options.modified;
  }

  /** So many bytes are in the file. */
  wrote(bytes: number): void {
    this.#written = bytes;
    this.#tell();
  }

  /** No more comes: all of it was right and is at its target, or something went wrong. */
  settle(how: "right" | "failed"): void {
    this.#state = how;
    this.#tell();
  }

  open(): ArrivingReader {
    let file: Promise<FileHandle> | undefined;
    return {
      read: async (offset, end) => {
        await this.#arrival(offset);
        file ??= this.#openFile();
        return await readPart(await file, offset, Math.min(end, this.#readable));
      },
      [Symbol.asyncDispose]: async () => {
        const opened = await file?.catch(() => undefined); // whoever read was told
        file = undefined;
        await opened?.close();
      },
    };
  }

  async #arrival(offset: number): Promise<void> {
    while (this.#readable <= offset) {
      if (this.#state === "failed") throw new Error("the upstream did not send all of it");
      await this.#change.promise;
    }
  }

  // It moves when it is whole; what was opened before stays open.
  async #openFile(): Promise<FileHandle> {
    try {
      return await open(this.#options.path, "r");
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") throw error;
      return await open(this.#options.target, "r");
    }
  }

  get #readable(): number {
    return this.#state === "right" ? this.size : Math.min(this.#written, this.size - 1);
  }

  #tell(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }
}

async function readPart(file: FileHandle, offset: number, end: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(readBytesMax, end - offset));
  for (let at = 0; at < buffer.length; ) {
    const { bytesRead } = await file.read(buffer, at, buffer.length - at, offset + at);
    if (bytesRead === 0) throw new Error("the file is shorter than what was written");
    at += bytesRead;
  }
  return buffer;
}
