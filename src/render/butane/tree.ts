import { cleanPath } from "../ignition-rules/path.ts";
import {
  type Reporter,
  type Struct,
  structAt,
  structsAt,
  type Tree,
  textAt,
  treeOf,
  withMembers,
} from "../ignition-tree.ts";
import { dataUrl } from "./data-url.ts";
import { localPath } from "./resource.ts";

/** One thing below a local folder, by its path from there. Folders are not listed. */
export type TreeEntry =
  | {
      readonly kind: "file";
      readonly path: string;
      readonly bytes: Uint8Array;
      readonly executable: boolean;
    }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  /** A device, a socket or a pipe. */
  | { readonly kind: "other"; readonly path: string };

/** All that lies below a local folder; undefined if there is no such folder. */
export type LocalTree = (path: string) => readonly TreeEntry[] | undefined;

export type TreeContext = {
  readonly tree?: LocalTree;
  readonly gzip?: (bytes: Uint8Array) => Uint8Array;
  readonly reporter: Reporter;
};

type Nodes = Readonly<Record<"files" | "directories" | "links", Map<string, Struct>>>;

/** Puts the files and links of `storage.trees` into the configuration. */
export function plantTrees(config: Struct, context: TreeContext): Struct {
  const storage = structAt(config, "storage");
  const trees = structsAt(storage, "trees");
  if (trees.length === 0) return config;
  const nodes: Nodes = {
    files: byPath(storage, "files"),
    directories: byPath(storage, "directories"),
    links: byPath(storage, "links"),
  };
  for (const tree of trees) plantTree(tree, nodes, context);
  const planted = withMembers(storage, {
    files: listOf(storage, "files", nodes),
    links: listOf(storage, "links", nodes),
  });
  return withMembers(config, { storage: planted });
}

function plantTree(tree: Struct, nodes: Nodes, context: TreeContext): void {
  const { reporter } = context;
  const local = textAt(tree, "local") ?? "";
  const inside = localPath(local);
  if (context.tree === undefined) {
    reporter.error(tree.place, "no folder of local files here: write the files inline");
  } else if (inside === undefined) {
    reporter.error(tree.place, `want a path inside the folder of local files, got ${local}`);
  } else {
    const entries = context.tree(inside);
    if (entries === undefined) reporter.error(tree.place, `no local folder ${inside}`);
    const base = textAt(tree, "path") || "/";
    for (const entry of [...(entries ?? [])].sort(byPathParts)) {
      plantEntry(entry, { path: cleanPath(`${base}/${entry.path}`), tree, nodes, context });
    }
  }
}

type Spot = {
  readonly path: string;
  readonly tree: Struct;
  readonly nodes: Nodes;
  readonly context: TreeContext;
};

function plantEntry(entry: TreeEntry, spot: Spot): void {
  const { path, tree, nodes, context } = spot;
  const { place } = tree;
  if (entry.kind === "other") {
    context.reporter.error(place, `want files, folders and links only, ${entry.path} is neither`);
    return;
  }
  const own = entry.kind === "file" ? "files" : "links";
  const written = nodes[own].get(path);
  const others = Object.values(nodes).filter((one) => one !== nodes[own]);
  if (others.some((one) => one.has(path)) || (written !== undefined && isFilled(written))) {
    context.reporter.error(place, `${path} is in the configuration already, with contents`);
    return;
  }
  const node = written ?? treeOf({ path }, place);
  const filled = entry.kind === "file" ? fillFile(node, entry, spot) : fillLink(node, entry, spot);
  nodes[own].set(path, filled);
}

function fillFile(
  file: Struct,
  { bytes, executable }: Extract<TreeEntry, { kind: "file" }>,
  { tree, context }: Spot,
): Struct {
  const contents = structAt(file, "contents");
  const packed = textAt(contents, "compression") || undefined;
  const gzip = packed === undefined ? context.gzip : undefined;
  const { url, compression } = dataUrl(bytes, { gzip, plain: false });
  const made = treeOf({ source: url, compression: packed ?? compression }, tree.place);
  return withMembers(file, {
    contents: withMembers(contents, Object.fromEntries(made.members)),
    mode: file.members.get("mode") ?? {
      kind: "leaf",
      place: tree.place,
      value: executable ? 0o755 : 0o644,
    },
  });
}

function fillLink(
  link: Struct,
  { target }: Extract<TreeEntry, { kind: "link" }>,
  { tree }: Spot,
): Struct {
  return withMembers(link, { target: { kind: "leaf", place: tree.place, value: target } });
}

function isFilled(node: Struct): boolean {
  return Boolean(textAt(structAt(node, "contents"), "source") || textAt(node, "target"));
}

function byPath(storage: Struct, name: string): Map<string, Struct> {
  return new Map(structsAt(storage, name).map((one) => [textAt(one, "path") ?? "", one]));
}

// Written ones stay where they were, also those that stand twice: that is told later.
function listOf(storage: Struct, name: "files" | "links", nodes: Nodes): Tree | undefined {
  const written = structsAt(storage, name);
  const paths = new Set(written.map((one) => textAt(one, "path") ?? ""));
  const kept = written.map((one) => nodes[name].get(textAt(one, "path") ?? "") ?? one);
  const added = [...nodes[name]].filter(([path]) => !paths.has(path)).map(([, one]) => one);
  const items = [...kept, ...added];
  return items.length === 0 ? undefined : { kind: "list", place: storage.place, items };
}

// Folder by folder, as a walk through the tree meets them.
function byPathParts(a: TreeEntry, b: TreeEntry): number {
  const [x, y] = [a.path.replaceAll("/", "\0"), b.path.replaceAll("/", "\0")];
  return x < y ? -1 : x > y ? 1 : 0;
}
