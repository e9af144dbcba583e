import { type Digest, isDigest } from "./digest.ts";
import {
  dockerHub,
  type ImageReference,
  isRegistry,
  isRepository,
  isTag,
  looksLikeRegistry,
  type RepositoryName,
  repositoryOn,
} from "./reference.ts";
import type { RegistryErrorCode } from "./registry-error.ts";

/** What a path below `/v2/` asks for. */
export type RegistryRequest =
  | { readonly kind: "version" }
  | { readonly kind: "catalog" }
  | { readonly kind: "tags"; readonly name: string }
  | { readonly kind: "manifest"; readonly name: string; readonly wanted: Wanted }
  | { readonly kind: "blob"; readonly name: string; readonly digest: Digest }
  | { readonly kind: "bad"; readonly code: RegistryErrorCode; readonly message: string };

/** A manifest is asked for by its tag or by its digest. */
export type Wanted = Pick<ImageReference, "tag" | "digest">;

/** The decoded path behind `/v2/`, without a slash before it. */
export function parseRegistryPath(path: string): RegistryRequest {
  if (path === "") return { kind: "version" };
  if (path === "_catalog") return { kind: "catalog" };
  // A name may hold the words between the slashes too: the last ones count.
  const [, name = "", what, last = ""] =
    /^(.+)\/(manifests|blobs|tags|referrers)\/([^/]+)$/.exec(path) ?? [];
  if (what === undefined) return bad("UNSUPPORTED", "there is nothing at this path");
  if (what === "tags" && last === "list") return { kind: "tags", name };
  if (what === "blobs") {
    if (isDigest(last)) return { kind: "blob", name, digest: last };
    return bad("DIGEST_INVALID", "want sha256:<64 hexadecimal digits>");
  }
  if (what !== "manifests") return bad("UNSUPPORTED", "there is nothing at this path");
  if (isDigest(last)) return { kind: "manifest", name, wanted: { digest: last } };
  if (isTag(last)) return { kind: "manifest", name, wanted: { tag: last } };
  return bad("MANIFEST_INVALID", "want a tag, or sha256:<64 hexadecimal digits>");
}

/**
 * The repositories that a name may mean, the likeliest first. containerd tells a mirror the registry in
 * the query (`ns=quay.io`); others write it into the path (`quay.io/org/name`). A name with neither is of
 * Docker Hub, as everywhere. None: the name is none.
 */
export function repositoriesFor(name: string, ns: string | undefined): readonly RepositoryName[] {
  const [first = "", ...rest] = name.split("/");
  const inPath = rest.length > 0 && looksLikeRegistry(first);
  const meant: readonly [registry: string, repository: string][] = [
    ...(ns === undefined || ns === "" ? [] : [[ns, name] as [string, string]]),
    ...(inPath ? [[first, rest.join("/")] as [string, string]] : []),
    ...(ns === undefined && !inPath ? [[dockerHub, name] as [string, string]] : []),
  ];
  return meant
    .map(([host, path]) => {
      const registry = host.toLowerCase();
      return { registry, repository: repositoryOn(registry, path) };
    })
    .filter(({ registry, repository }) => isRegistry(registry) && isRepository(repository));
}

function bad(code: RegistryErrorCode, message: string): RegistryRequest {
  return { kind: "bad", code, message };
}
