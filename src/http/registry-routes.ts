import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { type Digest, hexOf } from "../assets/oci/digest.ts";
import type { StoredDocument } from "../assets/oci/oci-store.ts";
import { pageOf } from "../assets/oci/page.ts";
import { formatRepository, type RepositoryName } from "../assets/oci/reference.ts";
import {
  decideManifest,
  type FoundManifest,
  type ManifestDecision,
  type SettledManifest,
  unknownIn,
} from "../assets/oci/registry-answer.ts";
import {
  formatRegistryError,
  type RegistryErrorCode,
  RegistryErrors,
} from "../assets/oci/registry-error.ts";
import {
  parseRegistryPath,
  type RegistryRequest,
  repositoriesFor,
  type Wanted,
} from "../assets/oci/registry-path.ts";
import type { ArrivingFile, Upstreamed } from "../assets/oci/upstream-answer.ts";
import { formatIp } from "../wire/ip.ts";
import { openAsset } from "./asset-store.ts";
import type { MachineDeps } from "./deps.ts";
import type { ImageMirror } from "./mirror.ts";
import { peerOf } from "./peer.ts";
import { sendFile } from "./send-file.ts";
import { firstFound, refusalOf } from "./upstream-result.ts";
import { fileBelow, queryOf } from "./url.ts";

/** What the routes of the registry need. */
export type RegistryDeps = Pick<MachineDeps, "machineAt" | "log" | "clock" | "transfers"> & {
  readonly mirror: ImageMirror;
};

/** The registry API of the distribution specification, to read only: `/v2/…`. */
export function registryRoutes(deps: RegistryDeps): FastifyPluginAsync {
  return async (app) => {
    app.all("/v2", (_request, reply) => sendVersion(reply));
    app.all("/v2/*", async (request, reply) => {
      reply.header("docker-distribution-api-version", "registry/2.0");
      if (request.method !== "GET" && request.method !== "HEAD") return refuseToWrite(reply);
      const path = fileBelow("/v2/", request.raw.url ?? "") ?? "..";
      return await answerRequest(parseRegistryPath(path), new Exchange(deps, request, reply));
    });
  };
}

/** One request and its reply, with what they are answered from. */
class Exchange {
  readonly deps: RegistryDeps;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly query: URLSearchParams;

  constructor(deps: RegistryDeps, request: FastifyRequest, reply: FastifyReply) {
    this.deps = deps;
    this.request = request;
    this.reply = reply;
    this.query = new URLSearchParams(queryOf(request.raw.url ?? ""));
  }

  namesOf(name: string): readonly RepositoryName[] {
    return repositoriesFor(name, this.query.get("ns") ?? undefined);
  }

  refuse(code: RegistryErrorCode, message: string): FastifyReply {
    return sendError(this.reply, code, message);
  }
}

async function answerRequest(asked: RegistryRequest, exchange: Exchange): Promise<FastifyReply> {
  switch (asked.kind) {
    case "version":
      return sendVersion(exchange.reply);
    case "bad":
      return exchange.refuse(asked.code, asked.message);
    case "catalog":
      return await sendCatalog(exchange);
    case "tags":
      return await sendTags(exchange, asked.name);
    case "manifest":
      return await sendManifest(exchange, asked);
    case "blob":
      return await sendBlob(exchange, asked);
  }
}

function sendVersion(reply: FastifyReply): FastifyReply {
  reply.header("docker-distribution-api-version", "registry/2.0");
  return reply.type("application/json").send("{}");
}

async function sendCatalog(exchange: Exchange): Promise<FastifyReply> {
  const all = await exchange.deps.mirror.store.repositories();
  const names = all.map(formatRepository).sort();
  return sendPage(exchange, names, (page) => ({ repositories: page }));
}

async function sendTags(exchange: Exchange, name: string): Promise<FastifyReply> {
  const names = exchange.namesOf(name);
  for (const one of names) {
    const tags = await exchange.deps.mirror.store.tags(one);
    if (tags !== undefined) return sendPage(exchange, tags, (page) => ({ name, tags: page }));
  }
  return exchange.refuse(names.length === 0 ? "NAME_INVALID" : "NAME_UNKNOWN", unknownIn(names));
}

function sendPage(
  exchange: Exchange,
  names: readonly string[],
  bodyOf: (page: readonly string[]) => object,
): FastifyReply {
  const { query, request, reply } = exchange;
  const page = pageOf(names, { n: query.get("n"), last: query.get("last") });
  if (page.kind === "bad-number")
    return exchange.refuse("PAGINATION_NUMBER_INVALID", "want n as a number");
  if (page.next !== undefined) {
    const [path] = (request.raw.url ?? "").split("?", 1);
    const ns = query.get("ns");
    const more = ns === null ? page.next : `${page.next}&${new URLSearchParams({ ns })}`;
    reply.header("link", `<${path}?${more}>; rel="next"`);
  }
  return reply.send(bodyOf(page.names));
}

async function sendManifest(
  exchange: Exchange,
  { name, wanted }: Extract<RegistryRequest, { kind: "manifest" }>,
): Promise<FastifyReply> {
  const names = exchange.namesOf(name);
  const found = await findManifest(exchange, names, wanted);
  const decision = decide(exchange, { names, wanted, found });
  const settled =
    decision.kind === "fetch"
      ? await fetchManifest(exchange, { names, wanted, decision })
      : decision;
  const [first] = names;
  const { mirror } = exchange.deps;
  if (settled.kind === "refuse") {
    if (first !== undefined && RegistryErrors[settled.code] === 404)
      tellMissing(exchange, { ...first, ...wanted });
    return exchange.refuse(settled.code, settled.message);
  }
  const stored = await documentOf(exchange, names, settled.digest);
  if (stored === undefined) {
    return exchange.refuse("MANIFEST_UNKNOWN", `the mirror lacks ${settled.digest}`);
  }
  if (first !== undefined) mirror.missing.served({ ...first, ...wanted });
  const { request, reply, deps } = exchange;
  reply.header("docker-content-digest", stored.digest);
  return await sendFile(request, reply, {
    size: stored.bytes.length,
    etag: `"${stored.digest}"`,
    modified: new Date(found?.record?.at ?? deps.clock.now()),
    type: settled.mediaType,
    transfers: deps.transfers,
    body: { kind: "memory", bytes: stored.bytes },
  });
}

// An index may name platforms that its archive lacked, or that nobody asked the upstream for yet.
async function documentOf(
  { deps: { mirror } }: Exchange,
  names: readonly RepositoryName[],
  digest: Digest,
): Promise<StoredDocument | undefined> {
  const { store, upstream } = mirror;
  const stored = await store.document(digest);
  if (stored !== undefined || upstream === undefined) return stored;
  const from = names.filter(({ registry }) => upstream.serves(registry));
  await firstFound(from, (name) => upstream.manifest(name, { digest }));
  return await store.document(digest);
}

type Sought = {
  readonly names: readonly RepositoryName[];
  readonly wanted: Wanted;
  readonly found: FoundManifest | undefined;
};

function decide({ deps, request }: Exchange, sought: Sought): ManifestDecision {
  const { upstream } = deps.mirror;
  return decideManifest({
    ...sought,
    accept: request.headers.accept,
    upstreams: sought.names.filter(({ registry }) => upstream?.serves(registry)),
    now: deps.clock.now(),
    refreshMs: upstream?.refreshMs ?? Number.POSITIVE_INFINITY,
  });
}

// A document is the same under every name: by its digest it is found, whoever brought it.
async function findManifest(
  { deps: { mirror } }: Exchange,
  names: readonly RepositoryName[],
  wanted: Wanted,
): Promise<FoundManifest | undefined> {
  if (wanted.digest !== undefined) {
    const stored = await mirror.store.document(wanted.digest);
    return stored && { digest: stored.digest, document: stored.document };
  }
  for (const name of names) {
    const record = await mirror.store.find({ ...name, ...wanted });
    const stored = record && (await mirror.store.document(record.digest));
    if (stored !== undefined) return { record, digest: stored.digest, document: stored.document };
  }
  return undefined;
}

async function fetchManifest(
  exchange: Exchange,
  what: Omit<Sought, "found"> & { readonly decision: Extract<ManifestDecision, { kind: "fetch" }> },
): Promise<SettledManifest> {
  const { names, wanted, decision } = what;
  const { mirror } = exchange.deps;
  const fetched = await firstFound(decision.from, async (name) => {
    return mirror.upstream?.manifest(name, wanted) ?? { kind: "absent" };
  });
  if (fetched.kind === "found") {
    const found = await findManifest(exchange, names, wanted);
    const again = decide(exchange, { names, wanted, found });
    if (again.kind !== "fetch") return again;
  }
  if (decision.stale !== undefined) return decision.stale;
  return refusalOf(fetched, "MANIFEST_UNKNOWN", `not in this mirror, ${unknownIn(names)}`);
}

async function sendBlob(
  exchange: Exchange,
  { name, digest }: Extract<RegistryRequest, { kind: "blob" }>,
): Promise<FastifyReply> {
  const { mirror, transfers } = exchange.deps;
  const names = exchange.namesOf(name);
  const { request, reply } = exchange;
  reply.header("docker-content-digest", digest);
  const told = { etag: `"${digest}"`, type: "application/octet-stream", transfers };
  const asset = await openAsset(mirror.blobs, `sha256/${hexOf(digest)}`);
  if (asset.kind === "file") {
    const { size, modified, etag: stamp } = asset;
    await using handle = asset.handle;
    const isUnchanged = async () => (await asset.restamp()) === stamp;
    const body = { kind: "file", handle, isUnchanged } as const;
    return await sendFile(request, reply, { ...told, size, modified, body });
  }
  const fetched = await fetchBlob(mirror, names, digest);
  if (fetched.kind === "found") {
    const { blob } = fetched;
    const { size, modified } = blob;
    const body = { kind: "arriving", open: () => blob.open() } as const;
    return await sendFile(request, reply, { ...told, size, modified, body });
  }
  reply.removeHeader("docker-content-digest");
  const { code, message } = refusalOf(fetched, "BLOB_UNKNOWN", `${digest} is ${unknownIn(names)}`);
  return exchange.refuse(code, message);
}

async function fetchBlob(
  { upstream }: ImageMirror,
  names: readonly RepositoryName[],
  digest: Digest,
): Promise<Upstreamed<{ blob: ArrivingFile }>> {
  if (upstream === undefined) return { kind: "absent" };
  const from = names.filter(({ registry }) => upstream.serves(registry));
  return await firstFound(from, (name) => upstream.blob(name, digest));
}

function tellMissing({ deps, request }: Exchange, reference: RepositoryName & Wanted): void {
  const { mac, address } = peerOf(request, deps);
  const asker = mac ?? (address === undefined ? "somebody" : formatIp(address));
  deps.log.info("image missing", { image: formatRepository(reference), ...reference, asker });
  deps.mirror.missing.missed(reference, asker);
}

function refuseToWrite(reply: FastifyReply): FastifyReply {
  reply.header("allow", "GET, HEAD").code(405);
  const message = "machines may only read; kindling oci import brings images in";
  return reply.type("application/json").send(formatRegistryError("UNSUPPORTED", message));
}

function sendError(reply: FastifyReply, code: RegistryErrorCode, message: string): FastifyReply {
  reply.code(RegistryErrors[code]);
  return reply.type("application/json").send(formatRegistryError(code, message));
}
