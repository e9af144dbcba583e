import { stripTypeScriptTypes } from "node:module";
import { codeOnly, importsOf } from "./code.ts";
import { type Exception, lineOf, type SourceFile, typescriptIn, type Violation } from "./tree.ts";

/** Beyond this a file is split; a table of numbers may stand in `LongFiles` with its reason. */
const lineLimit = 400;
/** Beyond this a file is named as a warning. */
const lineAim = 300;

const LongFiles: readonly Exception[] = [
  { path: /^src\/rpc\/proto\/\w+_pb\.ts$/, reason: "made by scripts/generate-proto.ts" },
];

/** Sources without a test of their own name; `by` is the test that holds their promise instead. */
const Unmirrored: readonly (Exception & { readonly by?: string })[] = [
  { path: /^src\/main\.ts$/, reason: "argv to exit code; what starts the daemon starts it" },
  {
    path: /^src\/daemon(?:-(?!settings)[a-z0-9]+)?\.ts$/,
    reason: "wiring only; every interop and qemu test starts it",
  },
  {
    path: /^src\/installer\/(?:etcd|kube)-client\.ts$/,
    reason: "ask over TLS; test/interop asks a real etcd, test/deep a real API server",
  },
  {
    path: /^src\/installer\/pod-routes-script\.ts$/,
    reason: "the text of a script",
    by: "test/installer/pod-network.test.ts",
  },
  { path: /^src\/cli\//, reason: "thin over the admin API; the command-line tests run each noun" },
  { path: /^src\/runtime\/clock\.ts$/, reason: "two calls of the platform; tests pass a fake" },
  {
    path: /^src\/runtime\/link-state\.ts$/,
    reason: "two looks at the kernel; test/interop sees a cable out",
  },
  { path: /^src\/runtime\/libc\.ts$/, reason: "a table of foreign functions; udp binds with it" },
  { path: /^src\/runtime\/icmp6\.ts$/, reason: "a raw socket; interop and qemu speak through it" },
  { path: /^src\/runtime\/log\.ts$/, reason: "the logger's options; read where the daemon runs" },
  { path: /^src\/runtime\/offload\.ts$/, reason: "asks the kernel; the lab's cables use it" },
  {
    path: /^src\/lab\/(?:accelerator|cables|far-link|firmware|foreign-server|frame-relay|guest-files|ignition-files|inside|kubernetes-servers|machine-files|room|router-advert|run|sandbox|serial|virtual-lan|vm|vxlan)\.ts$/,
    reason: "namespaces and machines; each interop and qemu test runs in them",
  },
  {
    path: /^src\/lab\/live\/(?:disk|live-image|tools)\.ts$/,
    reason: "runs Debian's own tools over Debian's packages; test/qemu boots and installs it",
  },
  {
    path: /^src\/wire\/(?:reader|writer|hexdump)\.ts$/,
    reason: "each is the other's check",
    by: "test/wire/bytes.test.ts",
  },
  {
    path: /^src\/config\/(?:boot-values|dhcp-rows|leaf|leaves|load|(?:[a-z]+-)?schema|values)\.ts$/,
    reason: "the schema and how it is read are one promise",
    by: "test/config/resolve.test.ts",
  },
  {
    path: /^src\/boot\/json-value\.ts$/,
    reason: "the shape that metadata prints",
    by: "test/render/metadata.test.ts",
  },
  {
    path: /^src\/render\/(?:butane\/[a-z-]+|ignition-rules\/[a-z]+|decode-config|ignition-json|ignition-merge|ignition-schema|ignition-tree|source-node|yaml-source)\.ts$/,
    reason: "steps of one translation; its cases show each by what comes out",
    by: "test/render/butane/translate.test.ts",
  },
  {
    path: /^src\/render\/container-linux\/schema\.ts$/,
    reason: "the table of one translation",
    by: "test/render/container-linux/translate.test.ts",
  },
  {
    path: /^src\/render\/go-template\/(?!bytes|calls|float-text|lexer|template)[a-z-]+\.ts$/,
    reason: "one language, held word by word against what Go answers",
    by: "test/render/go-template/corpus.test.ts",
  },
  {
    path: /^src\/dhcp\/(?:acknowledge|boot-fields|client-context|configuration|decide-bootp|decide-request|decision|grant|host-name-grant|lease|lease-findings|reply|screen|settings)\.ts$/,
    reason: "pieces of one decision, whole in its table only",
    by: "test/dhcp/decide.test.ts",
  },
  {
    path: /^src\/dhcp\/(?:proxy-desk|proxy-findings)\.ts$/,
    reason: "what goes into an answer and what comes of it, seen in decisions and by the server",
    by: "test/dhcp/decide-proxy.test.ts",
  },
  {
    path: /^src\/dhcp\/report\.ts$/,
    reason: "what the server tells of each message",
    by: "test/dhcp/server.test.ts",
  },
  {
    path: /^src\/(?:dhcp\/journal-store|runtime\/(?:durable-file|file-lock))\.ts$/,
    reason: "what keeps leases on disk, whole in its promises only",
    by: "test/dhcp/lease-store.test.ts",
  },
  {
    path: /^src\/dhcp\/link-modes\.ts$/,
    reason: "what the server asks of the watch",
    by: "test/dhcp/server.test.ts",
  },
  {
    path: /^src\/dhcp\/router-config\/[a-z-]+\.ts$/,
    reason: "one promise for all products; test/interop has the programs read the texts",
    by: "test/dhcp/router-config/products.test.ts",
  },
  {
    path: /^src\/dhcp6\/options\.ts$/,
    reason: "half of a codec",
    by: "test/dhcp6/packet.test.ts",
  },
  {
    path: /^src\/dhcp6\/reply\.ts$/,
    reason: "pieces of one decision, whole in its table only",
    by: "test/dhcp6/decide.test.ts",
  },
  {
    path: /^src\/dns\/(?:responder|tcp)\.ts$/,
    reason: "what the server does with a query, by either transport",
    by: "test/dns/server.test.ts",
  },
  {
    path: /^src\/dns\/exchange\.ts$/,
    reason: "the forwarder's sockets",
    by: "test/dns/forward.test.ts",
  },
  {
    path: /^src\/assets\/file-library\.ts$/,
    reason: "how loaders and assets are read",
    by: "test/assets/loader-library.test.ts",
  },
  {
    path: /^src\/assets\/image\/(?:image|upstream\/[a-z]+)\.ts$/,
    reason: "one decision for all upstreams, each with rows of its own",
    by: "test/assets/image/resolve.test.ts",
  },
  {
    path: /^src\/assets\/oci\/(?:archive(?:-name|-plan|-reader)?|byte-queue|docker-archive|oci-layout)\.ts$/,
    reason: "steps of one import, seen by what it takes and refuses",
    by: "test/assets/oci/archive-import.test.ts",
  },
  {
    path: /^src\/assets\/oci\/(?:blob-store|image-record)\.ts$/,
    reason: "how the store keeps what it is given",
    by: "test/assets/oci/oci-store.test.ts",
  },
  {
    path: /^src\/assets\/oci\/(?:arriving-blob|blob-fetch|upstream)\.ts$/,
    reason: "how an upstream is asked, seen by what it is asked and what comes of it",
    by: "test/assets/oci/pull-through.test.ts",
  },
  {
    path: /^src\/assets\/oci\/(?:digest|media-type)\.ts$/,
    reason: "the words that manifests and references are made of",
    by: "test/assets/oci/manifest.test.ts",
  },
  {
    path: /^src\/(?:assets\/oci\/registry-error|http\/(?:missing-images|upstream-result))\.ts$/,
    reason: "what the routes say",
    by: "test/http/registry-routes.test.ts",
  },
  {
    path: /^src\/assets\/image\/bundle-(?:export|intake|match)\.ts$/,
    reason: "a bundle goes from one host to another, or it does not",
    by: "test/assets/image/bundle-import.test.ts",
  },
  {
    path: /^src\/assets\/image\/bundle-evidence\.ts$/,
    reason: "what proves a file, seen in who vouches for it",
    by: "test/assets/image/bundle-vouch.test.ts",
  },
  {
    path: /^src\/assets\/image\/hand-[a-z]+\.ts$/,
    reason: "how an image is made of what an operator brings, whole in what comes of it",
    by: "test/assets/image/loose-import.test.ts",
  },
  {
    path: /^src\/assets\/image\/iso-file\.ts$/,
    reason: "an open image, read by what is taken out of it",
    by: "test/assets/image/iso-import.test.ts",
  },
  {
    path: /^src\/assets\/image\/(?:iso9660|iso-rock-ridge)\.ts$/,
    reason: "layers of one format, shown by images that others make",
    by: "test/assets/image/iso-tree.test.ts",
  },
  {
    path: /^src\/assets\/image\/(?:inflow|part-file)\.ts$/,
    reason: "a body and the file it goes to, seen by what a fetch makes of them",
    by: "test/assets/image/fetch.test.ts",
  },
  {
    path: /^src\/assets\/image\/(?:index-documents|key-library|recheck|unpack|vouch)\.ts$/,
    reason: "steps of a pull, seen by what it brings and what it refuses",
    by: "test/assets/image/pull.test.ts",
  },
  {
    path: /^src\/tftp\/report\.ts$/,
    reason: "what a session says at its end",
    by: "test/tftp/session.test.ts",
  },
  {
    path: /^src\/rpc\/(?:call-log|client|credentials|failure|services)\.ts$/,
    reason: "promises of calls, made through real connections",
    by: "test/rpc/server.test.ts",
  },
  {
    path: /^src\/store\/(?:json-folder|name)\.ts$/,
    reason: "how the store reads its folder",
    by: "test/store/file-store.test.ts",
  },
  {
    path: /^src\/http\/(?:[a-z]+-(?:routes|answers)|admin|asking|asset-store|content-type|listing|observe|peer|reply)\.ts$/,
    reason: "promises of requests, asked of the whole application",
    by: "test/http/app.test.ts",
  },
  {
    path: /^src\/installer\/(?:cluster-schema|schema-issue|schema-values|source-value)\.ts$/,
    reason: "how a description is read is one promise",
    by: "test/installer/cluster-document.test.ts",
  },
  {
    path: /^src\/installer\/(?:validation|validations\/[a-z]+)\.ts$/,
    reason: "rows of one table, each with its case there",
    by: "test/installer/validations/table.test.ts",
  },
  {
    path: /^src\/installer\/(?:control-plane|control-plane-binaries|etcd|ignition-document|install-stage|join|kubeconfig|kubelet|manifests|names|node-stage|plan-files|runtime-files|service-addresses)\.ts$/,
    reason: "pieces of what is rendered, whole in its golden files only",
    by: "test/installer/plan.test.ts",
  },
  {
    path: /^src\/installer\/import\/draft\.ts$/,
    reason: "what imports come to, shown by their golden files",
    by: "test/installer/import/tfvars.test.ts",
  },
  {
    path: /^src\/installer\/(?:cluster|programs|surroundings)\.ts$/,
    reason: "the description and how it is looked into; every rendered file shows it",
    by: "test/installer/validations/table.test.ts",
  },
  {
    path: /^src\/http\/(?:listener|send-file)\.ts$/,
    reason: "sockets and streams, seen by a real client only",
    by: "test/http/server.test.ts",
  },
];

/** Files over the hard limit. */
export function checkLength(files: readonly SourceFile[]): readonly Violation[] {
  return longerThan(lineLimit, files).map(
    ({ path, lines }) => `${path} has ${lines} lines, the limit is ${lineLimit}: split it by noun`,
  );
}

/** Files over the aim but within the limit: no violation yet. */
export function listLong(files: readonly SourceFile[]): readonly string[] {
  return longerThan(lineAim, files).map(({ path, lines }) => `${path} has ${lines} lines`);
}

/** One way to write modules: endings, names, exports, and nothing that changes at module level. */
export function checkModules(files: readonly SourceFile[]): readonly Violation[] {
  const ours = typescriptIn(files, "").filter(({ path }) => !path.endsWith(".config.ts"));
  return ours.flatMap((file) => [
    ...(/(?:^|\/)index\.ts$/.test(file.path) ? [`${file.path}: name a file for its noun`] : []),
    ...importsOf(file)
      .filter(({ specifier }) => /^\.{1,2}\//.test(specifier) && !HasEnding.test(specifier))
      .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}: end it in .ts`),
    ...matches(file, /^export\s+default\b/gm, "exports a default: give it a name"),
    ...(file.path.startsWith("src/") ? moduleState(file) : []),
  ]);
}

/** Every file of src with logic has a test at the mirrored path, or where `Unmirrored` says. */
export function checkMirror(files: readonly SourceFile[]): readonly Violation[] {
  const paths = new Set(files.map(({ path }) => path));
  return typescriptIn(files, "src/")
    .filter(hasLogic)
    .map(({ path }) => ({ path, test: testOf(path) }))
    .filter(({ test }) => test !== undefined && !paths.has(test))
    .map(({ path, test }) => `${path} has no ${test}`);
}

const HasEnding = /\.(?:ts|mjs|json)$/;

// The formatter keeps the module level at column 0. An empty Map can only be there to be filled.
function moduleState(file: SourceFile): readonly Violation[] {
  const holder =
    /^(?:export\s+)?const\s+\w+[^=\n]*=\s*new\s+(?:Weak)?(?:Map|Set)\b[^(\n]*\(\s*\)/gm;
  return [
    ...matches(file, /^(?:export\s+)?(?:let|var)\s/gm, "keeps state in the module: pass it"),
    ...matches(file, holder, "keeps state in the module: pass it"),
  ];
}

function matches(file: SourceFile, pattern: RegExp, what: string): readonly Violation[] {
  const code = codeOnly(file.text);
  return [...code.matchAll(pattern)].map(
    ({ index }) => `${file.path}:${lineOf(code, index)} ${what}`,
  );
}

function longerThan(limit: number, files: readonly SourceFile[]) {
  return typescriptIn(files, "")
    .filter(({ path }) => !LongFiles.some((exception) => exception.path.test(path)))
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > limit);
}

function testOf(path: string): string | undefined {
  const exception = Unmirrored.find((row) => row.path.test(path));
  return exception ? exception.by : path.replace(/^src(.*)\.ts$/, "test$1.test.ts");
}

// Types and tables have nothing to run; a function or a class is left when the types are gone.
function hasLogic({ text }: SourceFile): boolean {
  return /\bfunction\b|\bclass\b|=>/.test(codeOnly(stripTypeScriptTypes(text)));
}
