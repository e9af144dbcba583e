// Where Node keeps our compiled code from one start to the next. Without it Node loads its own type
// stripper and strips every file again at each start, which costs a quarter of a second.
import { lstatSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** The environment with `NODE_COMPILE_CACHE` in it; a value that is there already stays. */
export function withCodeCache(env, folder = codeFolder(env, process.getuid?.())) {
  if (env.NODE_COMPILE_CACHE !== undefined) return env;
  return isPrivate(folder) ? { ...env, NODE_COMPILE_CACHE: folder } : env;
}

/** The folder of this user; never below /tmp, since what lies in it is run. */
export function codeFolder(env, uid) {
  if (uid === 0) return "/var/cache/kindling/code";
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "kindling/code");
}

// The folder above counts too: its owner could put another one in place of ours. So root, where
// systemd gave /var/cache/kindling to the daemon's user, runs without a cache.
function isPrivate(folder) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return [folder, dirname(folder)].every((path) => {
      const status = lstatSync(path);
      return (
        status.isDirectory() && status.uid === process.getuid?.() && (status.mode & 0o022) === 0
      );
    });
  } catch {
    return false; // a home that is read-only or absent: slower, and no reason not to start
  }
}
