import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { loadLibc } from "./libc.ts";

/** A lock that is ours until disposed of, or who has it, as far as they wrote that down. */
export type LockAttempt =
  | ({ readonly kind: "locked" } & Disposable)
  | { readonly kind: "held"; readonly pid: string };

// <sys/file.h>, the same on every architecture.
const exclusive = 2;
const nonBlocking = 4;

/**
 * Takes the lock of a file, which is made where it is missing and is never removed: whoever opened a
 * removed one would hold a lock of its own. The kernel lets go of it however its process ends.
 */
export function lockFile(path: string): LockAttempt {
  const fd = openSync(path, "a+", 0o644); // made as root, it is handed over with the other files
  const libc = loadLibc();
  if (libc.flock(fd, exclusive | nonBlocking) !== 0) {
    const error = libc.errorName();
    const pid = readFileSync(path, "utf8").trim();
    closeSync(fd);
    // EAGAIN is EWOULDBLOCK by another name.
    if (error === "EAGAIN" || error === "EWOULDBLOCK") return { kind: "held", pid };
    throw new Error(`${path} cannot be locked: ${error}`);
  }
  ftruncateSync(fd);
  try {
    writeSync(fd, `${process.pid}\n`); // for the words of whoever comes second
  } catch {
    // A full disk: it is the kernel that keeps the lock, not the text.
  }
  const release = new DisposableStack(); // disposes once, however often it is asked to
  release.defer(() => closeSync(fd));
  return { kind: "locked", [Symbol.dispose]: () => release.dispose() };
}
