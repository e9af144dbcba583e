import { type FileHandle, open } from "node:fs/promises";
import { KindlingError, WireError } from "../../errors.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { type IsoFile, type IsoListing, listIso } from "./iso-tree.ts";
import type { IsoExtent } from "./iso9660.ts";

const chunkBytes = 1024 * 1024;

/** An image that is open, with what it holds. */
export type OpenIso = AsyncDisposable & {
  readonly path: string;
  readonly size: number;
  readonly listing: IsoListing;
  /** The bytes of a file, or of the whole image. */
  read(file: IsoFile | "whole"): AsyncGenerator<Uint8Array>;
  /** The beginning of a file. */
  head(file: IsoFile, bytes: number): Promise<Uint8Array>;
};

/** Opens an ISO image; throws `image.broken` for a file that is none. */
export async function openIso(path: string): Promise<OpenIso> {
  const file = await openToRead(path);
  try {
    const { size } = await file.stat();
    const listing = await list(file, path, size);
    return {
      ...{ path, size, listing },
      read: (what) => {
        return chunksOf(file, what === "whole" ? [{ at: 0, size }] : extentsOf(what, path));
      },
      head: async (what, bytes) => {
        const [first] = extentsOf(what, path);
        if (first === undefined) return new Uint8Array();
        return await readAt(file, { at: first.at, size: Math.min(bytes, first.size) });
      },
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    const message = `${path} cannot be read: ${systemErrorCode(error)}`;
    throw new KindlingError("usage.invalid", message, { path }, error);
  }
}

async function list(file: FileHandle, path: string, size: number): Promise<IsoListing> {
  try {
    const walk = listIso(size);
    let step = walk.next();
    while (!step.done) step = walk.next(await readAt(file, step.value));
    return step.value;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const message = `${path}: ${error.message}; bring it again`;
    throw new KindlingError("image.broken", message, { path }, error);
  }
}

function extentsOf({ isCompressed, path: inner, extents }: IsoFile, path: string) {
  if (!isCompressed) return extents;
  const message = `${path}: ${inner} is compressed by zisofs, which is not read here`;
  throw new KindlingError("image.broken", message, { path });
}

async function* chunksOf(
  file: FileHandle,
  extents: readonly IsoExtent[],
): AsyncGenerator<Uint8Array> {
  for (const extent of extents) {
    for (let done = 0; done < extent.size; done += chunkBytes) {
      const size = Math.min(chunkBytes, extent.size - done);
      yield await readAt(file, { at: extent.at + done, size });
    }
  }
}

async function readAt(file: FileHandle, { at, size }: IsoExtent): Promise<Uint8Array> {
  const bytes = Buffer.alloc(size);
  for (let done = 0; done < size; ) {
    const { bytesRead } = await file.read(bytes, done, size - done, at + done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}
