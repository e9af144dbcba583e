import { importsOf } from "./code.ts";
import { type SourceFile, typescriptIn, type Violation } from "./tree.ts";

/** Package → the files of src that may import it. A package without a row may not be imported there. */
const Importers: Readonly<Record<string, RegExp>> = {
  "@bufbuild/protobuf": /^src\/rpc\//,
  "@connectrpc/connect": /^src\/rpc\//,
  "@connectrpc/connect-node": /^src\/rpc\/(?:client|server)\.ts$/,
  "@peculiar/x509": /^src\/pki\/certify\.ts$/,
  commander: /^src\/(?:main\.ts|cli\/)/,
  "dns-packet": /^src\/dns\/message\.ts$/,
  execa: /^src\/lab\//,
  fastify: /^src\/(?:http|installer|registry|rpc)\//,
  koffi: /^src\/runtime\/libc\.ts$/,
  openpgp: /^src\/(?:http\/signer|assets\/image\/verify)\.ts$/,
  pino: /^src\/runtime\/log\.ts$/,
  "pino-pretty": /^src\/runtime\/log\.ts$/,
  "prom-client": /^src\/runtime\/metrics\.ts$/,
  "reflect-metadata": /^src\/pki\/certify\.ts$/,
  yaml: /^src\/(?:config\/|store\/|installer\/description-edit\.ts|assets\/image\/recipe\.ts|render\/(?:yaml-source|cloud-config)\.ts)/,
  zod: /^src\/(?:config\/|assets\/image\/(?:bundle|image-state|manifest|recipe|upstream\/fcos)\.ts$|installer\/(?:cluster-schema|schema-[a-z]+)\.ts$)/,
  "node:sqlite": /^src\/dhcp\/lease-database-store\.ts$/,
};

/**
 * How many files of src may run one package; beyond that it wants a file of its own. Types are free. Most are
 * of zod: the settings of a part are a file in config/, which wraps it as a folder.
 */
const importersMax = 8;

/**
 * zod is a language for shapes: it stands where a shape is written, in each part that reads files of others.
 * commander is the language of the command line: a noun a file.
 */
const MoreImporters: Readonly<Record<string, number>> = { commander: 20, zod: 18 };

/** A third-party package is imported in few files, those that its row names. */
export function checkPackages(files: readonly SourceFile[]): readonly Violation[] {
  const uses = typescriptIn(files, "src/").flatMap(packageUses);
  const misplaced = uses
    .filter(({ name, path }) => !Importers[name]?.test(path))
    .map(({ name, path, line }) => `${path}:${line} imports ${name}: ${cure(name)}`);
  const running = uses.filter(({ typeOnly }) => !typeOnly);
  const crowded = Object.entries(Object.groupBy(running, ({ name }) => name))
    .map(([name, all = []]) => ({ name, count: new Set(all.map(({ path }) => path)).size }))
    .filter(({ name, count }) => count > (MoreImporters[name] ?? importersMax))
    .map(({ name, count }) => `${name} is imported in ${count} files: wrap it in one`);
  return [...misplaced, ...crowded];
}

function packageUses(file: SourceFile) {
  return importsOf(file)
    .filter(({ specifier }) => !specifier.startsWith("."))
    .filter(({ specifier }) => !specifier.startsWith("node:") || specifier in Importers)
    .map(({ specifier, ...found }) => ({ ...found, name: packageOf(specifier), path: file.path }));
}

// "@scope/name/file" → "@scope/name"; "name/file" → "name"; "node:sqlite" stays.
function packageOf(specifier: string): string {
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
}

function cure(name: string): string {
  const row = Importers[name];
  return row === undefined ? "it has no row in the package table" : `only ${row.source} may`;
}
