import type { Digest } from "./digest.ts";
import type { ImageRecord } from "./image-record.ts";
import { formatPlatform, type ImageDocument, type Platform } from "./manifest.ts";
import { accepts, isIndexType } from "./media-type.ts";
import { formatReference, formatRepository, type RepositoryName } from "./reference.ts";
import type { RegistryErrorCode } from "./registry-error.ts";
import type { Wanted } from "./registry-path.ts";

/** A request for a manifest and what is known of what it may mean. */
export type ManifestQuestion = {
  /** From `repositoriesFor`. */
  readonly names: readonly RepositoryName[];
  readonly wanted: Wanted;
  readonly accept: string | undefined;
  /** What the store has of it, under the first name that leads to something. */
  readonly found: FoundManifest | undefined;
  /** Those of the names whose registry can be asked. */
  readonly upstreams: readonly RepositoryName[];
  readonly now: number;
  /** After how many milliseconds a tag of an upstream is asked for anew. */
  readonly refreshMs: number;
};

export type FoundManifest = {
  /** Absent: it was asked for by its digest, and lies there under no name. */
  readonly record?: ImageRecord | undefined;
  readonly digest: Digest;
  readonly document: ImageDocument;
};

export type ManifestDecision =
  | {
      /** Ask these, one after the other. */
      readonly kind: "fetch";
      readonly from: readonly RepositoryName[];
      /** What to send when none answers: it was right some time ago. */
      readonly stale?: SettledManifest;
    }
  | SettledManifest;

/** A decision that asks nobody else. */
export type SettledManifest =
  | { readonly kind: "send"; readonly digest: Digest; readonly mediaType: string }
  | { readonly kind: "refuse"; readonly code: RegistryErrorCode; readonly message: string };

/** The platform that clients get who know no index, as every registry has it. */
const plainPlatform: Platform = { os: "linux", architecture: "amd64" };

/** Which manifest a request gets. */
export function decideManifest(question: ManifestQuestion): ManifestDecision {
  const { names, wanted, found, upstreams } = question;
  const [first] = names;
  if (first === undefined) return refuse("NAME_INVALID", "want a repository in lower case");
  if (found === undefined) {
    if (upstreams.length > 0) return { kind: "fetch", from: upstreams };
    const image = formatReference({ ...first, ...wanted });
    return refuse("MANIFEST_UNKNOWN", `${image} is not in this mirror: ${importCure(image)}`);
  }
  const chosen = negotiate(question, found);
  const { record } = found;
  const isOld = record?.source === "upstream" && question.now - record.at > question.refreshMs;
  if (wanted.digest === undefined && isOld && upstreams.length > 0) {
    return { kind: "fetch", from: upstreams, stale: chosen };
  }
  return chosen;
}

/** How an image gets here. */
export function importCure(image: string): string {
  return `kindling oci import ARCHIVE --as ${image}`;
}

/** What a missing blob or repository is told as. */
export function unknownIn(names: readonly RepositoryName[]): string {
  const [first] = names;
  return first === undefined
    ? "want a repository in lower case"
    : `not in ${formatRepository(first)}`;
}

// By digest it is that very document or nothing; a tag may lead clients that know no index to an image.
function negotiate(
  { wanted, accept }: ManifestQuestion,
  { digest, document }: FoundManifest,
): SettledManifest {
  const { mediaType } = document;
  const whole = { kind: "send", digest, mediaType } as const;
  if (wanted.digest !== undefined || accepts(accept, mediaType)) return whole;
  if (document.kind === "index") {
    const plain = document.manifests.find((child) => {
      const { platform } = child;
      return platform && formatPlatform(platform) === formatPlatform(plainPlatform);
    });
    if (plain && !isIndexType(plain.mediaType) && accepts(accept, plain.mediaType)) {
      return { kind: "send", digest: plain.digest, mediaType: plain.mediaType };
    }
  }
  return refuse("MANIFEST_UNKNOWN", `it is ${mediaType}, which the Accept header leaves out`);
}

function refuse(code: RegistryErrorCode, message: string): SettledManifest {
  return { kind: "refuse", code, message };
}
