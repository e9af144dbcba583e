import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exists } from "../package-cache.ts";
import type { Tools } from "./tools.ts";

/** What depmod writes into a file of modules: each one, and after it all that it needs. */
export function parseModuleDeps(text: string): ReadonlyMap<string, readonly string[]> {
  const rows = text.split("\n").filter((line) => line.includes(":"));
  return new Map(
    rows.map((line) => {
      const [module = "", needs = ""] = line.split(":");
      return [module, needs.split(" ").filter((path) => path !== "")];
    }),
  );
}

/** The one release of the kernel whose modules are in the tree. */
export async function kernelRelease(tree: string): Promise<string> {
  const [release = ""] = await readdir(join(tree, "usr/lib/modules"));
  return release;
}

/** Writes the index by which udev and modprobe find the modules of a tree. */
export async function indexModules(tree: string, tools: Tools): Promise<void> {
  await tools.run("usr/bin/kmod", ["-b", tree, await kernelRelease(tree)], { name: "depmod" });
}

/** Copies modules with all that they need from one tree to another; what the kernel has built in has no file. */
export async function copyModules(
  trees: { readonly from: string; readonly to: string },
  names: readonly string[],
  tools: Tools,
): Promise<void> {
  const release = await kernelRelease(trees.from);
  const folder = join("usr/lib/modules", release);
  const deps = parseModuleDeps(await readFile(join(trees.from, folder, "modules.dep"), "utf8"));
  const wanted = names
    .map((name) => `${name}.ko`)
    .flatMap((file) => [file, ...(deps.get(file) ?? [])]);
  const lists = ["modules.builtin", "modules.builtin.modinfo", "modules.order"];
  for (const file of new Set([...wanted, ...lists])) {
    const from = join(trees.from, folder, file);
    if (!(await exists(from))) continue;
    await mkdir(dirname(join(trees.to, folder, file)), { recursive: true });
    await cp(from, join(trees.to, folder, file));
  }
  await indexModules(trees.to, tools);
}
