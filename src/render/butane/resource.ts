import { isShape, type MemberType, type Shape } from "../ignition-schema.ts";
import {
  type Leaf,
  leavesAt,
  type Place,
  type Reporter,
  type Struct,
  type Tree,
  textAt,
  treeOf,
  withMembers,
} from "../ignition-tree.ts";
import { dataUrl } from "./data-url.ts";

/** Bytes of a local file by its path with `/`, below the one folder that may be read. */
export type LocalFiles = (path: string) => Uint8Array | undefined;

export type LocalContext = {
  readonly files?: LocalFiles;
  readonly gzip?: (bytes: Uint8Array) => Uint8Array;
  /** Minor version of Ignition 3. */
  readonly minor: number;
  readonly reporter: Reporter;
};

/** Puts in what Butane takes from the document itself or from local files. */
export function resolveLocal(struct: Struct, shape: Shape, context: LocalContext): Struct {
  const members = new Map(struct.members);
  for (const { name, type } of shape.members) {
    const value = members.get(name);
    if (value !== undefined) members.set(name, resolveValue(value, type, context));
  }
  const inner = { ...struct, members };
  const has = (name: string) => shape.members.some((one) => one.name === name);
  if (has("inline")) return resolveResource(inner, context);
  if (has("contentsLocal")) return resolveUnit(inner, context);
  return has("sshAuthorizedKeysLocal") ? resolveKeys(inner, context) : inner;
}

/** The path below the folder of local files, or undefined if it leads out or is none. */
export function localPath(path: string): string | undefined {
  if (path.includes("\0")) return undefined; // system calls would end the name here
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === ".." && kept.pop() === undefined) return undefined;
    if (part !== ".." && part !== "." && part !== "") kept.push(part);
  }
  return kept.join("/");
}

function resolveValue(value: Tree, type: MemberType, context: LocalContext): Tree {
  if (value.kind === "struct" && isShape(type)) return resolveLocal(value, type, context);
  if (value.kind !== "list" || typeof type !== "object" || isShape(type)) return value;
  return { ...value, items: value.items.map((item) => resolveValue(item, type.list, context)) };
}

function resolveResource(resource: Struct, context: LocalContext): Struct {
  const given = ["inline", "local", "source"].filter((name) => resource.members.has(name));
  const [name = "source", second] = given;
  const written = resource.members.get(name);
  if (second !== undefined) {
    const place = resource.members.get(second)?.place ?? resource.place;
    context.reporter.error(place, `want one of inline, local and source, got ${given.join(", ")}`);
    return resource;
  }
  if (name === "source" || written?.kind !== "leaf") return resource;
  const text = String(written.value);
  const bytes = name === "inline" ? Buffer.from(text) : readLocal(text, written.place, context);
  if (bytes === undefined) return resource;
  const packed = textAt(resource, "compression") || undefined;
  const gzip = packed === undefined && context.minor > 0 ? context.gzip : undefined;
  const { url, compression } = dataUrl(bytes, { gzip, plain: context.minor === 0 });
  // The empty text is said aloud: in a merge, none would leave that of the parent.
  const said = context.minor === 0 ? undefined : (packed ?? compression);
  const sources = treeOf({ source: url, compression: said }, written.place);
  return withMembers(resource, Object.fromEntries(sources.members));
}

function resolveUnit(unit: Struct, context: LocalContext): Struct {
  const local = unit.members.get("contentsLocal");
  if (local?.kind !== "leaf") return unit;
  if (unit.members.has("contents")) {
    context.reporter.error(local.place, "want contents or contents_local, got both");
    return unit;
  }
  const text = readText(local, context);
  if (text === undefined) return unit;
  return withMembers(unit, { contents: { ...local, value: text } });
}

function resolveKeys(user: Struct, context: LocalContext): Struct {
  const keys = leavesAt(user, "sshAuthorizedKeysLocal").flatMap((file) => {
    const lines = readText(file, context)?.split(/\r?\n/) ?? [];
    return lines.filter(Boolean).map((value): Leaf => ({ ...file, value }));
  });
  const written = leavesAt(user, "sshAuthorizedKeys");
  const [first] = [...written, ...keys];
  if (first === undefined) return user;
  const list: Tree = { kind: "list", place: first.place, items: [...written, ...keys] };
  return withMembers(user, { sshAuthorizedKeys: list });
}

function readText(file: Leaf, context: LocalContext): string | undefined {
  const bytes = readLocal(String(file.value), file.place, context);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
}

function readLocal(
  path: string,
  place: Place,
  { files, reporter }: LocalContext,
): Uint8Array | undefined {
  const inside = localPath(path);
  if (files === undefined) {
    reporter.error(place, `no folder of local files here: write ${path} inline or as a source`);
  } else if (inside === undefined) {
    reporter.error(place, `want a path inside the folder of local files, got ${path}`);
  } else {
    const bytes = files(inside);
    if (bytes === undefined) reporter.error(place, `no local file ${inside}`);
    return bytes;
  }
  return undefined;
}
