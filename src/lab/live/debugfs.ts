import { dirname } from "node:path/posix";
import { KindlingError } from "../../errors.ts";
import type { TreeEntry } from "./tree.ts";

/** Bytes of a block of the file systems that are made here. */
export const blockBytes = 4096;

/**
 * The commands by which debugfs fills an empty file system. Unlike a copy by mke2fs, their order is ours,
 * owner and times are root's and the image's, and nobody needs rights for it.
 */
export function formatDebugfs(entries: readonly TreeEntry[]): string {
  const commands: string[] = [];
  let at = "";
  for (const entry of entries) {
    const folder = `/${dirname(entry.path)}`.replace(/^\/\.$/, "/");
    if (folder !== at) commands.push(`cd ${quote(folder)}`);
    at = folder;
    commands.push(...commandsOf(entry, entry.path.slice(entry.path.lastIndexOf("/") + 1)));
  }
  return `${commands.join("\n")}\n`;
}

function commandsOf(entry: TreeEntry, name: string): readonly string[] {
  switch (entry.kind) {
    case "folder": {
      const made = `mkdir ${quote(name)}`;
      return entry.mode === 0o755 ? [made] : [made, modeOf(name, 0o40_000 | entry.mode)];
    }
    case "link":
      return [`symlink ${quote(name)} ${quote(entry.target)}`];
    case "file":
      return [`write ${quote(entry.from)} ${quote(name)}`, modeOf(name, 0o100_000 | entry.mode)];
  }
}

function modeOf(name: string, mode: number): string {
  return `set_inode_field ${quote(name)} mode 0${mode.toString(8)}`;
}

function quote(text: string): string {
  if (/["\n]/.test(text)) throw new KindlingError("lab.failed", `debugfs cannot name ${text}`);
  return `"${text}"`;
}
