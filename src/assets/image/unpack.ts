import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { KindlingError, WireError } from "../../errors.ts";
import type { ArchiveMember } from "./image.ts";
import { type TarEvent, TarReader } from "./tar-read.ts";

/** A member as it was written. */
export type UnpackedFile = ArchiveMember & { readonly bytes: number; readonly sha256: string };

/** Takes the named members out of a tar archive, plain or compressed, and nothing else. */
export async function unpackMembers(
  archive: string,
  members: readonly ArchiveMember[],
  to: { readonly folder: string; readonly bytesMax: number },
): Promise<readonly UnpackedFile[]> {
  await using taking = new Taking(members, to);
  try {
    const source = createReadStream(archive, { highWaterMark: 1 << 20 });
    const unpacker = await unpackerFor(archive);
    const sink = (chunks: AsyncIterable<Buffer>) => taking.takeAll(chunks);
    await (unpacker === undefined ? pipeline(source, sink) : pipeline(source, unpacker, sink));
  } catch (error) {
    if (error instanceof WireError) throw broken(archive, error.message, error);
    const isZlib =
      error instanceof Error && "code" in error && /^(?:Z_|ZSTD|ERR_ZLIB)/.test(String(error.code));
    if (isZlib) throw broken(archive, `cannot be unpacked (${error.message})`, error);
    throw error;
  }
  const missing = members.find(({ member }) => !taking.files.some((row) => row.member === member));
  if (missing !== undefined) throw broken(archive, `has no ${missing.member}`);
  return taking.files;
}

/** What is open while an archive is read. */
class Taking implements AsyncDisposable {
  readonly files: UnpackedFile[] = [];
  readonly #members: readonly ArchiveMember[];
  readonly #to: { readonly folder: string; readonly bytesMax: number };
  readonly #reader = new TarReader();
  #total = 0;
  #open: { row: ArchiveMember; file: FileHandle; hash: Hash; bytes: number } | undefined;

  constructor(members: readonly ArchiveMember[], to: { folder: string; bytesMax: number }) {
    this.#members = members;
    this.#to = to;
  }

  async takeAll(chunks: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of chunks) {
      this.#total += chunk.length;
      // A few kilobytes can be made to unpack to any size.
      if (this.#total > this.#to.bytesMax) {
        const details = { field: "archive", want: this.#to.bytesMax };
        throw new WireError(
          "wire.too-long",
          `unpacks to more than ${this.#to.bytesMax} bytes`,
          details,
        );
      }
      for (const event of this.#reader.push(chunk)) await this.#take(event);
    }
    this.#reader.finish();
  }

  async #take(event: TarEvent): Promise<void> {
    if (event.kind === "entry") {
      const row = this.#members.find(({ member }) => member === event.name);
      const isKnown = this.files.some(({ member }) => member === event.name);
      if (row === undefined || event.type !== "file" || isKnown) return;
      const path = join(this.#to.folder, row.file);
      await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      this.#open = {
        row,
        file: await open(path, "w", 0o644),
        hash: createHash("sha256"),
        bytes: 0,
      };
      return;
    }
    const taken = this.#open;
    if (taken === undefined) return;
    if (event.kind === "data") {
      taken.hash.update(event.bytes);
      await taken.file.appendFile(event.bytes);
      taken.bytes += event.bytes.length;
      return;
    }
    await taken.file.close();
    this.#open = undefined;
    this.files.push({ ...taken.row, bytes: taken.bytes, sha256: taken.hash.digest("hex") });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.file.close();
  }
}

async function unpackerFor(archive: string) {
  await using file = await open(archive, "r");
  const { buffer } = await file.read(Buffer.alloc(6), 0, 6, 0);
  const magic = buffer.toString("hex");
  if (magic.startsWith("1f8b")) return createGunzip();
  if (magic.startsWith("28b52ffd")) return createZstdDecompress();
  if (magic === "fd377a585a00") throw broken(archive, "is compressed with xz, want gzip or zstd");
  return undefined;
}

function broken(archive: string, why: string, cause?: unknown): KindlingError {
  return new KindlingError("image.broken", `the archive ${archive} ${why}`, { archive }, cause);
}
