import { importsOf } from "./code.ts";
import { type SourceFile, typescriptIn, type Violation } from "./tree.ts";

/** Package → the files of src that may import it. A package without a row may not be imported there. */
const Importers: Readonly<Record<string, RegExp>> = {
  commander: /^src\/(?:main\.ts|cli\/)/,
  "dns-packet": /^src\/dns\/message\.ts$/,
  execa: /^src\/lab\//,
  fastify: /^src\/(?:http|installer|registry|rpc)\//,
  koffi: /^src\/runtime\/libc\.ts$/,
  pino: /^src\/runtime\/log\.ts$/,
  "pino-pretty": /^src\/runtime\/log\.ts$/,
  "prom-client": /^src\/runtime\/metrics\.ts$/,
  yaml: /^src\/(?:config|store)\//,
  zod: /^src\/config\//,
  "node:sqlite": /^src\/dhcp\/lease-store\.ts$/,
};

/** How many files of src may import one package: beyond it, the package wants a file of its own. */
const importersMax = 12;

/** A third-party package is imported in few files, those that its row names. */
export function checkPackages(files: readonly SourceFile[]): readonly Violation[] {
  const uses = typescriptIn(files, "src/").flatMap(packageUses);
  const misplaced = uses
    .filter(({ name, path }) => !Importers[name]?.test(path))
    .map(({ name, path, line }) => `${path}:${line} imports ${name}: ${cure(name)}`);
  const crowded = Object.keys(Importers)
    .map((name) => ({
      name,
      files: new Set(uses.filter((use) => use.name === name).map(({ path }) => path)),
    }))
    .filter((found) => found.files.size > importersMax)
    .map((found) => `${found.name} is imported in ${found.files.size} files: wrap it in one`);
  return [...misplaced, ...crowded];
}

function packageUses(file: SourceFile) {
  return importsOf(file)
    .filter(({ specifier }) => !specifier.startsWith("."))
    .filter(({ specifier }) => !specifier.startsWith("node:") || specifier in Importers)
    .map(({ specifier, line }) => ({ name: packageOf(specifier), path: file.path, line }));
}

// "@scope/name/file" → "@scope/name"; "name/file" → "name"; "node:sqlite" stays.
function packageOf(specifier: string): string {
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
}

function cure(name: string): string {
  const row = Importers[name];
  return row === undefined ? "it has no row in the package table" : `only ${row.source} may`;
}
