import { importsOf, targetOf } from "./code.ts";
import { isPure } from "./purity.ts";
import { type SourceFile, typescriptIn, type Violation } from "./tree.ts";

const Pure = ["errors", "wire", "boot"] as const;
const Shared = [...Pure, "store", "assets", "runtime"] as const;

/** Folder or file of src → whom it may import besides itself. A folder without a row is refused. */
const MayImport: Readonly<Record<string, readonly string[] | "everything">> = {
  errors: [],
  wire: ["errors"],
  boot: ["errors", "wire"],
  render: Pure,
  runtime: Pure,
  store: [...Pure, "runtime"],
  assets: [...Pure, "runtime"],
  config: [...Pure, "runtime"],
  dhcp: Shared,
  dhcp6: Shared,
  ra: Shared,
  tftp: Shared,
  dns: Shared,
  power: Shared,
  registry: Shared,
  http: [...Shared, "render"],
  rpc: [...Shared, "render"],
  installer: [...Shared, "render"],
  // The lab reads what the protocols say, so it may use their codecs: see `isPure` below.
  lab: [...Pure, "render", "runtime"],
  cli: "everything",
  daemon: "everything",
  "daemon-dhcp": "everything",
  "daemon-images": "everything",
  "daemon-ipv6": "everything",
  "daemon-settings": "everything",
  "daemon-loaders": "everything",
  "daemon-parts": "everything",
  "text-engines": "everything",
  main: "everything",
};

/** What only some may name, whatever the table above says. */
const OnlyFrom: Readonly<Record<string, readonly string[]>> = {
  daemon: ["cli", "main"],
  main: [],
  cli: ["main"],
  config: [
    ...["cli", "daemon", "daemon-dhcp", "daemon-images", "daemon-ipv6", "daemon-loaders"],
    ...["daemon-parts", "daemon-settings", "main"],
  ],
  "daemon-settings": ["cli", "daemon", "daemon-dhcp", "daemon-parts"],
  "daemon-dhcp": ["daemon-parts"],
  "daemon-ipv6": ["daemon", "daemon-parts"],
  "daemon-images": ["cli", "daemon-parts"],
  "daemon-loaders": ["cli", "daemon-images", "daemon-parts"],
  "daemon-parts": ["daemon", "daemon-dhcp", "daemon-images", "daemon-ipv6"],
  "text-engines": ["cli", "daemon-parts"],
  lab: ["cli", "main"],
};

/** The import table of docs/architecture.md: who may name whom. */
export function checkLayers(files: readonly SourceFile[]): readonly Violation[] {
  return typescriptIn(files, "src/").flatMap((file) =>
    localImports(file).flatMap(({ target, line }) => {
      const why = refusal(file.path, target);
      return why === undefined ? [] : [`${file.path}:${line} may not import ${target}: ${why}`];
    }),
  );
}

/** Files of src that import each other in a ring; `import type` is gone at run time and closes none. */
export function checkCycles(files: readonly SourceFile[]): readonly Violation[] {
  const edges = new Map(
    typescriptIn(files, "src/").map((file) => {
      const targets = localImports(file).filter(({ typeOnly }) => !typeOnly);
      return [file.path, targets.map(({ target }) => target)] as const;
    }),
  );
  const rings: Violation[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) rings.push(`${[...trail.slice(start), path].join(" -> ")}: break the ring`);
    if (start >= 0 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return rings;
}

function refusal(from: string, target: string): string | undefined {
  if (!target.startsWith("src/")) return "it is outside src";
  const [source, goal] = [floorOf(from), floorOf(target)];
  const allowed = MayImport[source];
  if (allowed === undefined) return `${source} has no row in the import table`;
  if (source === goal) return undefined;
  const importers = OnlyFrom[goal];
  if (importers !== undefined && !importers.includes(source)) {
    return `only ${importers.join(", ") || "nobody"} may`;
  }
  if (allowed === "everything" || allowed.includes(goal)) return undefined;
  if (source === "lab" && isPure(target)) return undefined;
  return `${source} sees only ${allowed.join(", ") || "itself"}; declare an interface instead`;
}

/** "src/wire/mac.ts" → "wire", "src/daemon.ts" → "daemon". */
function floorOf(path: string): string {
  return path.split("/")[1]?.replace(/\.ts$/, "") ?? path;
}

function localImports(file: SourceFile) {
  return importsOf(file)
    .filter(({ specifier }) => specifier.startsWith("."))
    .map((found) => ({ ...found, target: targetOf(file, found.specifier) }));
}
