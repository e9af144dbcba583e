import { Code, ConnectError } from "@connectrpc/connect";
import type { FileLookup } from "../store/catalog.ts";
import type { WriteResult } from "../store/file-writer.ts";

/** System error code → the words that matchbox's clients know from it. */
const SystemErrors: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ENAMETOOLONG: "file name too long",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on device",
  ENOTDIR: "not a directory",
  EPERM: "operation not permitted",
  EROFS: "read-only file system",
};

/**
 * How a missing file ends the text of an error: all that its status, UNKNOWN, leaves to tell it by.
 */
export const missingFile = "no such file or directory";

/**
 * An error of the API. matchbox answers everything but a selection without a match with UNKNOWN,
 * and its clients test for no more than that there is one.
 */
export function unknown(message: string): ConnectError {
  return new ConnectError(message, Code.Unknown);
}

/** The bytes that were looked up at `path`, or the error for not having them. */
export function bytesOf(lookup: FileLookup, path: string): Buffer {
  switch (lookup.kind) {
    case "file":
      return lookup.bytes;
    case "missing":
      throw unknown(`open ${path}: ${missingFile}`);
    case "refused":
      throw unknown(`${path} ${lookup.reason}`);
  }
}

/** Throws the error of a write that was not done. */
export function expectDone(action: "open" | "remove", result: WriteResult): void {
  switch (result.kind) {
    case "done":
      return;
    case "refused":
      throw unknown(`the name ${result.reason}`);
    case "failed":
      throw unknown(`${action} ${result.path}: ${SystemErrors[result.cause] ?? result.cause}`);
  }
}
