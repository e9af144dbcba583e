/**
 * Container Linux Config, the forerunner of Butane, to Ignition 2.3, for machines whose system is
 * too old for Ignition 3. Only what Ignition itself has: sections that the old transpiler turned
 * into units of a certain release (etcd, flannel, docker, …) and values that a machine fills in
 * are refused. By the public specifications of both; no file is read here.
 */
import type { JsonValue } from "../../boot/json-value.ts";
import { dataUrl } from "../butane/data-url.ts";
import { ButaneError } from "../butane/error.ts";
import { type LocalFiles, localPath } from "../butane/resource.ts";
import { decodeConfig } from "../decode-config.ts";
import { pathTrouble } from "../ignition-rules/path.ts";
import { checkUnits } from "../ignition-rules/unit.ts";
import {
  collectReports,
  hasErrors,
  type Leaf,
  placeAt,
  type Report,
  type Reporter,
  type Struct,
  structAt,
  structsAt,
  type Tree,
  textAt,
} from "../ignition-tree.ts";
import type { SourceMap } from "../source-node.ts";
import { readYaml } from "../yaml-source.ts";
import { ContainerLinuxShape } from "./schema.ts";

export type ContainerLinuxOptions = {
  /** Bytes of a file by its path below the folder of local files; without it, none may be named. */
  readonly files?: LocalFiles;
};

export type ContainerLinuxResult = {
  /** Compact JSON of Ignition 2.3. */
  readonly ignition: string;
  readonly warnings: readonly Report[];
};

type Context = { readonly files: LocalFiles | undefined; readonly reporter: Reporter };
type PlainObject = { readonly [name: string]: JsonValue };

const Unsupported = ["etcd", "flannel", "docker", "update", "locksmith"];
const MebibytesOf: Readonly<Record<string, number>> = { MiB: 1, GiB: 1024, TiB: 1024 * 1024 };

/** Translates a Container Linux Config; throws nothing but `ButaneError` for what is in it. */
export function translateContainerLinux(
  text: string,
  { files }: ContainerLinuxOptions = {},
): ContainerLinuxResult {
  const reporter = collectReports();
  const { reports } = reporter;
  const source = readYaml(text, reporter);
  if (source === undefined) throw new ButaneError(reports);
  refuseSections(source, reporter);
  const options = { language: "butane", minor: 0, reporter } as const;
  const config = decodeConfig(source, ContainerLinuxShape, options);
  checkUnits(config, reporter);
  checkPaths(structAt(config, "storage"), reporter);
  const context = { files, reporter };
  const plain = plainObject(config, context);
  if (hasErrors(reports)) throw new ButaneError(reports);
  const section = { version: "2.3.0", ...plainObject(structAt(config, "ignition"), context) };
  return { ignition: JSON.stringify({ ...plain, ignition: section }), warnings: reports };
}

function refuseSections({ entries }: SourceMap, reporter: Reporter): void {
  for (const { key, place } of entries) {
    if (!Unsupported.includes(key)) continue;
    reporter.error(place, `section ${key} is not supported: write its units and files yourself`);
  }
}

function checkPaths(storage: Struct, reporter: Reporter): void {
  for (const node of ["files", "directories", "links"].flatMap((one) => structsAt(storage, one))) {
    const trouble = pathTrouble(textAt(node, "path"));
    if (trouble !== undefined) reporter.error(placeAt(node, "path"), trouble);
  }
}

function plainObject(struct: Struct, context: Context): PlainObject {
  const members = [...struct.members].flatMap(([name, value]) => {
    return Object.entries(plainMember(name, value, context));
  });
  return Object.fromEntries(members);
}

// One member of the old language as the member, or members, of Ignition 2.3.
function plainMember(name: string, value: Tree, context: Context): PlainObject {
  if (name === "verification" && value.kind === "struct") return { verification: hashOf(value) };
  if (name === "contents" && value.kind === "struct") {
    return { contents: plainContents(value, context) };
  }
  if ((name === "size" || name === "start") && value.kind === "leaf") {
    return { [`${name}MiB`]: mebibytes(value, context) };
  }
  if (value.kind === "leaf") {
    refuseDynamic(value, context);
    return { [name]: value.value };
  }
  if (value.kind === "struct") return { [name]: plainObject(value, context) };
  const nodes = ["files", "directories", "links"].includes(name);
  const items = value.items.map((item) => {
    if (item.kind !== "struct") return item.kind === "leaf" ? item.value : [];
    return { ...(nodes ? { filesystem: "root" } : {}), ...plainObject(item, context) };
  });
  return { [name]: items };
}

// The old transpiler wrote these into files that a helper of the system filled in at boot.
function refuseDynamic({ place, value }: Leaf, { reporter }: Context): void {
  const name = /\{(?:HOSTNAME|(?:PUBLIC|PRIVATE)_IPV[46])\}/.exec(String(value))?.[0];
  if (name !== undefined) reporter.error(place, `nothing fills in ${name}: use a group's metadata`);
}

function hashOf(verification: Struct): PlainObject {
  const hash = structAt(verification, "hash");
  return { hash: `${textAt(hash, "function") ?? ""}-${textAt(hash, "sum") ?? ""}` };
}

function plainContents(contents: Struct, { files, reporter }: Context): PlainObject {
  const [one, second] = [...contents.members.values()];
  if (second !== undefined) reporter.error(second.place, "want one of inline, local and remote");
  if (one?.kind === "struct") {
    const { url = "", ...rest } = plainObject(one, { files, reporter });
    return { source: url, ...rest };
  }
  if (one?.kind !== "leaf") return {};
  refuseDynamic(one, { files, reporter });
  const inline = textAt(contents, "inline");
  const bytes = inline === undefined ? readLocal(one, { files, reporter }) : Buffer.from(inline);
  return { source: dataUrl(bytes, { gzip: undefined, plain: true }).url };
}

function readLocal({ place, value }: Leaf, { files, reporter }: Context): Uint8Array {
  const path = localPath(String(value));
  const bytes = path === undefined ? undefined : files?.(path);
  if (bytes === undefined) reporter.error(place, `no local file ${String(value)} here`);
  return bytes ?? new Uint8Array();
}

function mebibytes({ place, value }: Leaf, { reporter }: Context): number {
  const [, digits = "", unit = ""] = /^(\d+)\s*(MiB|GiB|TiB)$/.exec(String(value)) ?? [];
  const factor = MebibytesOf[unit];
  if (factor === undefined) reporter.error(place, `want a size such as 512MiB, got ${value}`);
  return Number(digits) * (factor ?? 0);
}
