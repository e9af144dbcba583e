import type { FindingSink } from "../../boot/finding.ts";
import { KindlingError, WireError } from "../../errors.ts";
import { mismatch } from "./archive.ts";
import { type BlobFetchDeps, BlobFetches, type FetchedBlob } from "./blob-fetch.ts";
import { sha256 } from "./blob-store.ts";
import { type Digest, isDigest } from "./digest.ts";
import type { ImageRecord } from "./image-record.ts";
import { childrenOf, formatPlatform, type ImageDocument, parseImageDocument } from "./manifest.ts";
import { everyManifestType } from "./media-type.ts";
import { formatReference, type ImageReference, type RepositoryName } from "./reference.ts";
import type { Wanted } from "./registry-path.ts";
import { readManifest, refusal, type Upstream } from "./upstream.ts";
import type { Upstreamed } from "./upstream-answer.ts";

export type PullThroughDeps = BlobFetchDeps & {
  readonly upstreams: readonly Upstream[];
  readonly findings: FindingSink;
  /** How long a tag counts before it is asked for anew. */
  readonly refreshMs: number;
};

/** How long "not there" and "does not answer" are believed. */
const believeMs = { absent: 30_000, failed: 10_000 } as const;
const believedMax = 1_000;

type FetchedManifest = { readonly record: ImageRecord };
type Failure = Extract<Upstreamed<never>, { kind: "absent" | "failed" }>;

/** What runs now, by what it fetches. */
type Running<T> = Map<string, Promise<Upstreamed<T>>>;

/**
 * Fetches what the store lacks from other registries and keeps it. Whoever asks while something is on its way
 * shares it; what is not there is not asked for again at once. Nothing is kept whose digest is wrong.
 */
export class PullThrough {
  readonly refreshMs: number;
  readonly #deps: PullThroughDeps;
  readonly #fetches: BlobFetches;
  readonly #manifests: Running<FetchedManifest> = new Map();
  readonly #blobs: Running<FetchedBlob> = new Map();
  readonly #believed = new Map<string, { readonly until: number; readonly result: Failure }>();

  constructor(deps: PullThroughDeps) {
    this.#deps = deps;
    this.#fetches = new BlobFetches(deps);
    this.refreshMs = deps.refreshMs;
  }

  serves(registry: string): boolean {
    return this.#upstream(registry) !== undefined;
  }

  /** The manifest, kept by its digest and under its name. */
  async manifest(name: RepositoryName, wanted: Wanted): Promise<Upstreamed<FetchedManifest>> {
    const reference = { ...name, ...wanted };
    const key = formatReference(reference);
    const running = this.#manifests;
    return await this.#once({ running, key, name }, async (upstream) => {
      try {
        return await this.#fetchManifest(upstream, reference);
      } finally {
        running.delete(key);
      }
    });
  }

  /** The blob, as soon as its size is known. */
  async blob(name: RepositoryName, digest: Digest): Promise<Upstreamed<FetchedBlob>> {
    const { repository } = name;
    const running = this.#blobs;
    // By repository too: a registry may show a layer in one and hide it in another.
    const key = formatReference({ ...name, digest });
    return await this.#once({ running, key, name }, (upstream) => {
      return this.#fetches.start({ upstream, repository, digest }, () => running.delete(key));
    });
  }

  async #once<T>(
    { running, key, name }: { running: Running<T>; key: string; name: RepositoryName },
    fetch: (upstream: Upstream) => Promise<Upstreamed<T>>,
  ): Promise<Upstreamed<T>> {
    const upstream = this.#upstream(name.registry);
    if (upstream === undefined) return { kind: "absent" };
    const believed = this.#believed.get(key);
    if (believed !== undefined && believed.until > this.#deps.clock.now()) return believed.result;
    const known = running.get(key);
    if (known !== undefined) return await known;
    const fetching = this.#guarded(upstream, () => fetch(upstream));
    running.set(key, fetching);
    const result = await fetching;
    if (result.kind === "absent" || result.kind === "failed") this.#believe(key, result);
    return result;
  }

  async #guarded<T>(
    { registry }: Upstream,
    fetch: () => Promise<Upstreamed<T>>,
  ): Promise<Upstreamed<T>> {
    const { findings, log } = this.#deps;
    const code = "oci.upstream-unreachable";
    try {
      const result = await fetch();
      if (result.kind !== "busy") findings.clear({ code, subject: registry });
      return result;
    } catch (error) {
      if (!(error instanceof KindlingError)) throw error;
      log.warn("image not fetched", { registry, code: error.code, error: error.message });
      if (error.code === "oci.upstream") {
        findings.raise({
          ...{ code, severity: "warning", subject: registry, sentence: error.message },
          cure: "kindling oci egress shows how far this host gets; or take it out of oci.upstreams",
        });
      }
      return { kind: "failed", reason: error.message };
    }
  }

  async #fetchManifest(
    upstream: Upstream,
    reference: ImageReference,
  ): Promise<Upstreamed<FetchedManifest>> {
    const { store, clock, signal, log } = this.#deps;
    const { repository } = reference;
    const path = `manifests/${reference.digest ?? reference.tag}`;
    const question = { repository, path, accept: everyManifestType, signal };
    const known = await store.find(reference);
    const at = clock.now();
    // Docker Hub counts GET and not HEAD, and most tags have not moved.
    if (known !== undefined) {
      const { ok, headers } = await upstream.ask({ ...question, method: "HEAD" });
      if (ok && headers.get("docker-content-digest") === known.digest) {
        return await this.#keep(reference, { ...known, at });
      }
    }
    const answer = await upstream.ask(question);
    if (answer.status === 404) {
      await answer.body?.cancel();
      return { kind: "absent" };
    }
    if (!answer.ok) throw refusal(upstream, answer.status);
    const bytes = await readManifest(upstream, answer);
    const document = parseDocument(upstream, bytes);
    const digest = sha256(bytes);
    const promised = reference.digest ?? answer.headers.get("docker-content-digest") ?? digest;
    if (isDigest(promised) && promised !== digest) {
      throw mismatch(formatReference(reference), { want: promised, got: digest });
    }
    await store.blobs.put(bytes);
    log.info("image manifest fetched", { image: formatReference(reference), digest });
    return await this.#keep(reference, recordOf(document, { digest, at, size: bytes.length }));
  }

  // What an index of the same repository leads to needs no name of its own.
  async #keep(
    reference: ImageReference,
    record: ImageRecord,
  ): Promise<Upstreamed<FetchedManifest>> {
    if (!(await this.#isChild(reference))) await this.#deps.store.name(reference, record);
    return { kind: "found", record };
  }

  async #isChild({ digest, ...name }: ImageReference): Promise<boolean> {
    const { store } = this.#deps;
    if (digest === undefined) return false;
    for (const tag of (await store.tags(name)) ?? []) {
      const record = await store.find({ ...name, tag });
      const stored = record && (await store.document(record.digest));
      const children = stored === undefined ? [] : childrenOf(stored.document);
      if (record?.digest === digest || children.some((child) => child.digest === digest)) {
        return true;
      }
    }
    return false;
  }

  #believe(key: string, result: Failure): void {
    this.#believed.delete(key);
    this.#believed.set(key, { result, until: this.#deps.clock.now() + believeMs[result.kind] });
    const [eldest] = this.#believed.keys();
    if (this.#believed.size > believedMax && eldest !== undefined) this.#believed.delete(eldest);
  }

  #upstream(registry: string): Upstream | undefined {
    return this.#deps.upstreams.find((one) => one.registry === registry);
  }
}

function recordOf(
  document: ImageDocument,
  { digest, at, size }: { digest: Digest; at: number; size: number },
): ImageRecord {
  const children = childrenOf(document);
  return {
    ...{ digest, mediaType: document.mediaType, at, source: "upstream" },
    bytes: children.reduce((sum, child) => sum + child.size, size),
    platforms: children.flatMap(({ platform }) => (platform ? [formatPlatform(platform)] : [])),
  };
}

function parseDocument({ registry }: Upstream, bytes: Uint8Array): ImageDocument {
  try {
    return parseImageDocument(bytes);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new KindlingError("oci.upstream", `${registry}: ${error.message}`, { registry });
  }
}
