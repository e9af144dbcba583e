import { statSync } from "node:fs";

/** How often a watched file is looked at, ms. */
const intervalMs = 1000;

/**
 * Calls `changed` after the file at `path` was edited, replaced, made or removed since this call. It
 * polls the name: editors replace files and mounted configuration swaps symlinks, which a watch on the
 * inode misses.
 */
export function watchPath(path: string, changed: () => void): Disposable {
  let seen = stampOf(path);
  const timer = setInterval(() => {
    const now = stampOf(path);
    if (now === seen) return;
    seen = now;
    changed();
  }, intervalMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function stampOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "absent" : `${stat.ino} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.size}`;
}
