import { lchownSync, lstatSync, readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { KindlingError } from "../errors.ts";
import { loadLibc } from "./libc.ts";

/** A line of /etc/passwd, as far as needed. */
export type Account = { readonly name: string; readonly uid: number; readonly gid: number };

/** Finds a user in the text of /etc/passwd; fails with `config.invalid` when there is none. */
export function findAccount(passwd: string, name: string): Account {
  const fields = passwd.split("\n").map((line) => line.split(":"));
  const found = fields.find(([first]) => first === name);
  if (found === undefined) {
    const cure = `make one (useradd --system ${name}) or leave the setting user empty`;
    throw new KindlingError("config.invalid", `there is no user ${name}: ${cure}`, { user: name });
  }
  return { name, uid: Number(found[2]), gid: Number(found[3]) };
}

export function readAccount(name: string): Account {
  return findAccount(readFileSync("/etc/passwd", "utf8"), name);
}

/**
 * Gives those of the paths that exist to the account that the daemon becomes: what root opened there
 * (the lease file, the admin socket) must stay writable afterwards. Nothing else in their folders is
 * touched, links are not followed, and a folder that everybody may write, such as /tmp, is nobody's.
 */
export function handOver(paths: readonly string[], account: Account): void {
  if (process.getuid?.() !== 0) return;
  for (const path of paths) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    const isShared = stat.isDirectory() && (stat.mode & 0o002) !== 0;
    if (!isShared) lchownSync(path, account.uid, account.gid);
  }
}

/**
 * Gives up root for good: groups, then group, then user, then `PR_SET_NO_NEW_PRIVS`, so that neither
 * the process nor anything it could start gets them back. The last one is a thread's own; this is the
 * only thread that can start programs. No capability is kept: every privileged port
 * is bound by now, and transfers use ports of the kernel's choice.
 */
export function becomeUser(account: Account): void {
  if (process.getuid?.() !== 0) {
    if (process.getuid?.() === account.uid) return;
    throw new KindlingError(
      "rights.missing",
      `only root can become ${account.name}; start as root or as that user`,
      {
        user: account.name,
      },
    );
  }
  // Node keeps compiled code when it exits; by then it may not write into root's folder.
  flushCompileCache();
  process.setgroups?.([account.gid]);
  process.setgid?.(account.gid);
  process.setuid?.(account.uid);
  const noNewPrivileges = 38; // PR_SET_NO_NEW_PRIVS, <linux/prctl.h>
  loadLibc().prctl(noNewPrivileges, 1, 0, 0, 0);
}
