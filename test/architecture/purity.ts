import { codeOnly, importsOf, targetOf } from "./code.ts";
import { type Exception, lineOf, type SourceFile, typescriptIn, type Violation } from "./tree.ts";

const PureFloors = /^src\/(?:(?:errors|suggest)\.ts$|(?:wire|boot|render)\/)/;
const Parts =
  /^src\/(?:dhcp|dhcp6|ra|tftp|dns|http|rpc|pki|power|installer|registry|store|assets)\//;

/** The files of a part that may touch sockets, disk and timers. */
const Shells: readonly Exception[] = [
  { path: /(?:\/|-)server\.ts$/, reason: "receives, asks the pure files, sends" },
  { path: /-routes\.ts$/, reason: "one resource: reads a request, asks, sends" },
  { path: /^src\/http\/(?:app|admin|listener|pump|send-file)\.ts$/, reason: "sockets and streams" },
  {
    path: /^src\/http\/(?:kernel-pump|file-reader|transfers)\.ts$/,
    reason: "files, and the sockets that they go by",
  },
  { path: /^src\/http\/signer\.ts$/, reason: "reads a key ring; keys tell the time" },
  { path: /^src\/dns\/tcp\.ts$/, reason: "the server's other transport" },
  { path: /^src\/tftp\/session\.ts$/, reason: "one transfer's socket and its pace" },
  { path: /^src\/store\/(?:json-folder|file-cache)\.ts$/, reason: "reads the catalog's files" },
  { path: /^src\/store\/file-writer\.ts$/, reason: "writes the catalog's files" },
  { path: /^src\/rpc\/client\.ts$/, reason: "asks a daemon" },
  { path: /^src\/rpc\/(?:credentials|credential-set)\.ts$/, reason: "key files, keys" },
  { path: /^src\/pki\/(?:certify|pkcs12)\.ts$/, reason: "makes keys, and wraps them" },
  {
    path: /^src\/installer\/(?:make-secrets|inspect-authority)\.ts$/,
    reason: "makes keys and reads them",
  },
  { path: /-store\.ts$/, reason: "keeps on disk" },
  { path: /^src\/dhcp\/arp-prober\.ts$/, reason: "asks a link who has an address" },
  { path: /\/probe\.ts$/, reason: "asks the LAN whether an address is in use" },
  {
    path: /^src\/installer\/(?:etcd|kube)-client\.ts$/,
    reason: "asks the controllers' etcd and API servers",
  },
  { path: /^src\/dns\/(?:forward|exchange)\.ts$/, reason: "asks other name servers" },
  {
    path: /^src\/assets\/oci\/(?:archive-import|archive-reader|arriving-blob|blob-fetch|egress-probe|pull-through|upstream)\.ts$/,
    reason: "reads archives, asks registries",
  },
  { path: /^src\/assets\/(?:[a-z-]*library|digest-book)\.ts$/, reason: "reads files" },
  {
    path: /^src\/assets\/image\/(?:[a-z-]*library|fetch|follower|index-documents|inflow|part-file|pull|raw-digest|recheck|recorded-digest|unpack|verify|vouch)\.ts$/,
    reason: "fetches images, hashes them, keeps them",
  },
  {
    path: /^src\/assets\/image\/(?:bundle-(?:export|import|intake|vouch)|hand-(?:checksums|import|recheck)|iso-(?:file|import)|loose-import)\.ts$/,
    reason: "carries images out and in: reads, hashes and writes files",
  },
];

/** Is this a file whose functions are told everything and touch nothing? */
export function isPure(path: string): boolean {
  if (PureFloors.test(path)) return true;
  return Parts.test(path) && !Shells.some((shell) => shell.path.test(path));
}

// As words of the program: a type named Date, a member `.process` and a key `fetch:` are no use of
// these, and neither is `new Date(text)`, which tells no time but the one it was given.
const Ambient: readonly { readonly name: string; readonly use: RegExp }[] = [
  {
    name: "the time of day",
    use: /\bnew\s+Date\b(?!\s*\(\s*[^\s)])|(?<![.\w$#])Date\s*\.\s*now\b/g,
  },
  { name: "a timer", use: /(?<![.\w$#])(?:set|clear)(?:Timeout|Interval|Immediate)\b/g },
  { name: "queueMicrotask", use: /(?<![.\w$#])queueMicrotask\b/g },
  { name: "process", use: /(?<![.\w$#])process\s*[.[]/g },
  { name: "console", use: /(?<![.\w$#])console\s*[.[]/g },
  { name: "fetch", use: /(?<![.\w$#]|function\s+)fetch\s*\(/g },
  { name: "performance", use: /(?<![.\w$#])performance\s*\./g },
  { name: "randomness", use: /\bMath\s*\.\s*random\b|(?<![.\w$#])crypto\s*\./g },
  { name: "globalThis", use: /(?<![.\w$#])globalThis\b/g },
];

/** Pure files name no clock, timer, randomness, process, console, network or `node:` module. */
export function checkPurity(files: readonly SourceFile[]): readonly Violation[] {
  const pure = typescriptIn(files, "src/").filter(({ path }) => isPure(path));
  return pure.flatMap((file) => [
    ...ambientUses(file).map((what) => `${what}: take it as an argument`),
    ...impureImports(file).map((what) => `${what}: move this to the part's shell`),
  ]);
}

function ambientUses({ path, text }: SourceFile): readonly string[] {
  const code = codeOnly(text);
  return Ambient.flatMap(({ name, use }) =>
    [...code.matchAll(use)].map(({ index }) => `${path}:${lineOf(text, index)} uses ${name}`),
  );
}

function impureImports(file: SourceFile): readonly string[] {
  return importsOf(file)
    .filter(({ specifier, typeOnly }) => {
      return specifier.startsWith("node:") || (!typeOnly && isImpure(targetOf(file, specifier)));
    })
    .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}`);
}

function isImpure(path: string): boolean {
  return path.startsWith("src/runtime/") || (Parts.test(path) && !isPure(path));
}
