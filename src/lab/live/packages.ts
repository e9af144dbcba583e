import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { runApt } from "../package-cache.ts";
import { openSuiteApt, planSuitePackages } from "../suite-packages.ts";
import type { LiveRecipe } from "./live-recipe.ts";
import { link } from "./tree.ts";

/** A package as it was taken, for the record. */
export type TakenPackage = { readonly name: string; readonly version: string };

export type UnpackedTrees = {
  readonly packages: readonly TakenPackage[];
  readonly trees: Readonly<Record<keyof LiveRecipe["trees"], string>>;
};

/** Downloads all packages of the recipe, and unpacks those of each tree below a folder of its own. */
export async function unpackTrees(recipe: LiveRecipe, work: string): Promise<UnpackedTrees> {
  const apt = await openSuiteApt({ suite: recipe.suite, architecture: "amd64" }, work);
  const plan = async ({ packages }: { packages: readonly string[] }) => {
    const names = await planSuitePackages(apt, packages, work);
    return names.filter((name) => !recipe.leftOut.includes(name));
  };
  const { initrd, root, tools } = recipe.trees;
  const plans = { initrd: await plan(initrd), root: await plan(root), tools: await plan(tools) };
  const debs = join(work, "debs");
  await mkdir(debs);
  const names = [...new Set(Object.values(plans).flat())].toSorted();
  await runApt("apt-get", [...apt, "download", ...names], debs);
  const files = await readdir(debs);
  const unpack = async (tree: keyof typeof plans) => {
    const folder = join(work, tree);
    await makeMergedRoot(folder);
    for (const name of plans[tree]) {
      const file = files.find((one) => one.startsWith(`${name}_`));
      if (file !== undefined) await unpackDeb(join(debs, file), folder);
    }
    return folder;
  };
  return {
    packages: files.map(parseDebName).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    trees: {
      initrd: await unpack("initrd"),
      root: await unpack("root"),
      tools: await unpack("tools"),
    },
  };
}

// Debian's programs expect /bin and its like to be links into /usr; packages of bookworm still carry both.
async function makeMergedRoot(folder: string): Promise<void> {
  for (const name of ["bin", "lib", "lib64", "sbin"]) {
    await mkdir(join(folder, "usr", name), { recursive: true });
    await link(folder, name, `usr/${name}`);
  }
}

// Not dpkg -x, which puts a folder in the place of a link.
async function unpackDeb(deb: string, folder: string): Promise<void> {
  const words = [
    "-x",
    "--keep-directory-symlink",
    "--no-same-owner",
    "-p",
    "-f",
    "-",
    "-C",
    folder,
  ];
  await execa("dpkg-deb", ["--fsys-tarfile", deb], { encoding: "buffer", buffer: false }).pipe(
    "tar",
    words,
  );
}

/** `curl_7.88.1-10+deb12u15_amd64.deb` → name and version; apt writes a colon as %3a. */
export function parseDebName(file: string): TakenPackage {
  const [name = "", version = ""] = file.split("_");
  return { name, version: decodeURIComponent(version) };
}
