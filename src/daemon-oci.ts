/** The daemon's container images: where they lie and who may be asked for what is missing. Wiring only. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDockerConfig } from "./assets/oci/challenge.ts";
import { registryOrigin } from "./assets/oci/hosts-toml.ts";
import { OciStore } from "./assets/oci/oci-store.ts";
import { PullThrough } from "./assets/oci/pull-through.ts";
import { Upstream } from "./assets/oci/upstream.ts";
import type { Config } from "./config/schema.ts";
import { KindlingError, WireError } from "./errors.ts";
import type { ImageMirror } from "./http/mirror.ts";
import { MissingImages } from "./http/missing-images.ts";
import { systemClock } from "./runtime/clock.ts";
import type { FindingBoard } from "./runtime/finding-board.ts";
import type { Log } from "./runtime/log.ts";
import { systemErrorCode } from "./runtime/system-error.ts";

export type MirrorDeps = {
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly config: Config;
  readonly findings: FindingBoard;
};

export async function openImageMirror(deps: MirrorDeps): Promise<ImageMirror> {
  const { config, findings } = deps;
  const store = openOciStore(config);
  const upstream = await openPullThrough(store, deps);
  const { port } = config.oci;
  return {
    store,
    blobs: { folder: join(store.blobs.folder, "blobs"), symlinks: "confine" },
    missing: new MissingImages(findings),
    ...(port !== 0 && { port }),
    ...(upstream && { upstream }),
  };
}

async function openPullThrough(
  store: OciStore,
  { config: { oci }, findings, log, signal }: MirrorDeps,
): Promise<PullThrough | undefined> {
  if (oci.upstreams.length === 0) return undefined;
  const logins = oci.credentials === "" ? new Map() : await readLogins(oci.credentials);
  const clock = systemClock;
  const upstreams = oci.upstreams.map(({ registry, url }) => {
    const origin = url ?? registryOrigin(registry);
    return new Upstream({ registry, origin, basic: logins.get(registry), clock });
  });
  // Made before root is given up, so that the daemon's user owns what it will write to.
  await store.prepare();
  return new PullThrough({
    ...{ store, upstreams, clock, log, findings, signal },
    refreshMs: oci.refresh * 1000,
    blobBytesMax: oci.blobMax,
    fetchesMax: oci.fetchesMax,
  });
}

async function readLogins(file: string): Promise<ReadonlyMap<string, string>> {
  try {
    return parseDockerConfig(await readFile(file));
  } catch (error) {
    const why = error instanceof WireError ? error.message : systemErrorCode(error);
    const message = `oci.credentials: cannot read ${file} (${why}); want Docker's config.json`;
    throw new KindlingError("config.invalid", message, { key: "oci.credentials" }, error);
  }
}

/** Folders of the store that the daemon's user has to own where it fetches images. */
export function ociPaths(config: Pick<Config, "oci" | "data">): readonly string[] {
  const { folder } = openOciStore(config).blobs;
  const parts = ["", "blobs", "blobs/sha256", "refs", "tmp"];
  return config.oci.upstreams.length === 0 ? [] : parts.map((part) => join(folder, part));
}

/** The store that the settings name. */
export function openOciStore({ oci, data }: Pick<Config, "oci" | "data">): OciStore {
  const folder = oci.folder || join(data.folder, "oci");
  return new OciStore({ folder, keepFreeBytes: oci.keepFree });
}
