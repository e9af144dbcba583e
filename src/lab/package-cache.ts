import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { KindlingError } from "../errors.ts";

/** What a folder of the cache is made by. */
export type Recipe = {
  readonly name: string;
  /** The files that decide what comes out: where one of them is another, so is the folder. */
  readonly sources: readonly string[];
  /** Fills the empty folder `done`; `work` is for what is needed on the way. */
  make(work: string, done: string): Promise<void>;
};

/** Where downloads are kept, shared by all clones of this user. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  return join(env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache"), "kindling");
}

/** The recipe's folder in the cache, if it was made. */
export async function findCached(
  cache: string,
  recipe: Pick<Recipe, "name" | "sources">,
): Promise<string | undefined> {
  const folder = await folderOf(cache, recipe);
  return (await exists(folder)) ? folder : undefined;
}

/** The recipe's folder in the cache, made on first use. */
export async function openCached(cache: string, recipe: Recipe): Promise<string> {
  const folder = await folderOf(cache, recipe);
  if (await exists(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, ".new-"));
  try {
    const done = join(work, "done");
    await mkdir(done);
    await recipe.make(work, done);
    // Whoever renames first wins; the folder appears whole or not at all.
    await rename(done, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

/** Downloads Debian packages and unpacks them below the folder it returns; none is installed. */
export async function unpackPackages(names: readonly string[], work: string): Promise<string> {
  // Sandbox::User: as root, apt would else complain that its own user cannot write here.
  const options = ["-q", "-o", "APT::Sandbox::User=root"];
  await runApt("apt-get", [...options, "download", ...names], work);
  return unpackDebs(work);
}

/** What an apt program prints; where it fails, the error says what to do. */
export async function runApt(
  program: "apt-get" | "apt-cache",
  words: readonly string[],
  cwd: string,
): Promise<string> {
  const result = await execa(program, words, { cwd, reject: false, env: { LC_ALL: "C" } });
  if (!result.failed) return result.stdout;
  const wanted = words.slice(words.findLastIndex((word) => word.includes("=")) + 1).join(" ");
  throw new KindlingError(
    "lab.missing-tool",
    `${program} could not ${wanted}: run "apt-get update" as root and see that a mirror is reachable`,
    { packages: wanted, stderr: result.stderr.slice(-1000) },
  );
}

/** Unpacks the packages of a folder into its subfolder `tree`. */
export async function unpackDebs(work: string): Promise<string> {
  const tree = join(work, "tree");
  for (const file of await readdir(work)) {
    if (file.endsWith(".deb")) await execa("dpkg", ["-x", join(work, file), tree]);
  }
  return tree;
}

/** Is there such a file or folder? */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function folderOf(cache: string, { name, sources }: Pick<Recipe, "name" | "sources">) {
  return join(cache, `${name}-${await digestOf(sources)}`);
}

async function digestOf(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) hash.update(await readFile(file));
  return hash.digest("hex").slice(0, 12);
}
