import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { KindlingError } from "../../errors.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import type { StampedFile } from "../digest-book.ts";
import { type StampedState, stampOf } from "../digest-note.ts";
import { manifestFile, parseManifest } from "./manifest.ts";

/** No manifest is larger; what is there in its place is not read. */
const manifestBytesMax = 4 << 20;

/**
 * The SHA-256 of an image's file as its manifest has it; undefined for any other file, and for one that was
 * touched since. The manifest is written last, so whatever changed a file later left a later time on it: a
 * copy of the folder may have one as well, and is read for its digest like any file.
 */
export async function recordedDigest(
  published: string,
  { path, size, stamp }: StampedFile,
): Promise<string | undefined> {
  const parts = path.startsWith(`${published}/`) ? path.slice(published.length + 1).split("/") : [];
  const inner = parts.slice(3).join("/");
  if (inner === "" || inner === manifestFile) return undefined;
  const record = join(published, ...parts.slice(0, 3), manifestFile);
  try {
    const told = await lstat(record, { bigint: true });
    const shown = await lstat(path, { bigint: true }); // what a link leads to has another stamp
    if (!told.isFile() || told.size > manifestBytesMax) return undefined;
    if (stampOf(shown) !== stamp || isLater(shown, told)) return undefined;
    const { files } = parseManifest(record, await readFile(record, "utf8"));
    return files.find(({ file, bytes }) => file === inner && bytes === size)?.sha256;
  } catch (error) {
    if (!(error instanceof KindlingError)) systemErrorCode(error);
    return undefined; // a missing or broken manifest is told by `image ls`
  }
}

function isLater(file: StampedState, record: StampedState): boolean {
  return file.mtimeNs > record.mtimeNs || file.ctimeNs > record.ctimeNs;
}
