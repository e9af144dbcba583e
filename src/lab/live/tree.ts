import {
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { CpioEntry } from "../initramfs.ts";
import { exists } from "../package-cache.ts";
import { liveFolder, type TreeRecipe } from "./live-recipe.ts";
import type { Tools } from "./tools.ts";

/** One member of a tree, by its path from the root. */
export type TreeEntry =
  | { readonly kind: "folder"; readonly path: string; readonly mode: number }
  | { readonly kind: "file"; readonly path: string; readonly mode: number; readonly from: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

/**
 * Makes a system of unpacked packages: what the scripts of an installation do in Debian, done from
 * outside, since none of them runs. `overlay` is a folder of images/live.
 */
export async function finishTree(
  tree: string,
  recipe: TreeRecipe & { readonly overlay: string },
  tools: Tools,
): Promise<void> {
  for (const path of recipe.pruned) await rm(join(tree, path), { recursive: true, force: true });
  for (const [from, to] of Object.entries(recipe.moves)) {
    await mkdir(dirname(join(tree, to)), { recursive: true });
    await rename(join(tree, from), join(tree, to));
  }
  await cp(join(liveFolder, recipe.overlay), tree, { recursive: true, mode: 0 });
  await writeAccounts(tree, tools);
  await writeCertificates(tree);
  for (const [path, target] of Object.entries(recipe.links)) await link(tree, path, target);
}

async function writeAccounts(tree: string, tools: Tools): Promise<void> {
  const masters = join(tree, "usr/share/base-passwd");
  for (const name of ["passwd", "group"]) {
    await cp(join(masters, `${name}.master`), join(tree, "etc", name));
  }
  for (const name of ["shadow", "gshadow"]) {
    await writeFile(join(tree, "etc", name), "", { mode: 0o600 });
  }
  await tools.run("usr/bin/systemd-sysusers", [`--root=${tree}`], { asRoot: true });
  await rm(join(tree, "etc/.pwd.lock"), { force: true });
}

async function writeCertificates(tree: string): Promise<void> {
  const folder = join(tree, "usr/share/ca-certificates/mozilla");
  if (!(await exists(folder))) return;
  let all = "";
  for (const name of (await readdir(folder)).toSorted()) {
    all += await readFile(join(folder, name), "utf8");
  }
  await writeFile(join(tree, "etc/ssl/certs/ca-certificates.crt"), all);
}

/** Puts a symbolic link into the tree, with the folders above it. */
export async function link(tree: string, path: string, target: string): Promise<void> {
  await mkdir(dirname(join(tree, path)), { recursive: true });
  await rm(join(tree, path), { force: true });
  await symlink(target, join(tree, path));
}

/** All of a folder, each folder before what is in it, in an order that depends on the names alone. */
export async function readTree(root: string, folder = root): Promise<readonly TreeEntry[]> {
  const entries: TreeEntry[] = [];
  for (const name of (await readdir(folder)).toSorted()) {
    const from = join(folder, name);
    const path = relative(root, from);
    const stat = await lstat(from);
    const mode = stat.mode & 0o7777;
    if (stat.isSymbolicLink()) entries.push({ kind: "link", path, target: await readlink(from) });
    else if (stat.isDirectory()) {
      entries.push({ kind: "folder", path, mode }, ...(await readTree(root, from)));
    } else entries.push({ kind: "file", path, mode, from });
  }
  return entries;
}

/** The members of an archive for the kernel. */
export async function cpioEntries(tree: string): Promise<readonly CpioEntry[]> {
  const entries: CpioEntry[] = [];
  for (const entry of await readTree(tree)) {
    if (entry.kind !== "file") entries.push(entry);
    else {
      const { kind, path, mode, from } = entry;
      entries.push({ kind, path, mode, data: await readFile(from) });
    }
  }
  return entries;
}
