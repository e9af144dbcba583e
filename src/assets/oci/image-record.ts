import { WireError } from "../../errors.ts";
import { type Digest, parseDigest } from "./digest.ts";
import { parseJsonObject } from "./manifest.ts";

/** What the store knows of a tag, or of an image that was asked for by its digest: one small file. */
export type ImageRecord = {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Of all its blobs, as far as they were known when this was written. */
  readonly bytes: number;
  readonly platforms: readonly string[];
  /** When it came, in milliseconds since the epoch. */
  readonly at: number;
  /** A tag that an upstream gave is asked for again after a while; what was imported stays. */
  readonly source: "import" | "upstream";
};

const platformsMax = 1_000;

export function formatRecord(record: ImageRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** Text of a record's file; throws `WireError`. */
export function parseRecord(bytes: Uint8Array): ImageRecord {
  const fields = parseJsonObject(bytes, "record");
  const { digest, mediaType, bytes: total, platforms, at, source } = fields;
  const isText = typeof digest === "string" && typeof mediaType === "string";
  const isWhole = typeof total === "number" && typeof at === "number";
  if (!isText || !isWhole || !Array.isArray(platforms) || platforms.length > platformsMax) {
    const message = "want digest, mediaType, bytes, platforms and at";
    throw new WireError("wire.invalid", message, { field: "record" });
  }
  return {
    ...{ mediaType, at, bytes: total, digest: parseDigest(digest) },
    platforms: platforms.map(String),
    source: source === "upstream" ? "upstream" : "import",
  };
}
