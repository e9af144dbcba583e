import { WireError } from "../../errors.ts";
import { type Digest, isDigest } from "./digest.ts";
import { isIndexType, isManifestType, MediaType } from "./media-type.ts";

/** What one document says of another: its digest, its size, and what it is. */
export type Descriptor = {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations: ReadonlyMap<string, string>;
  /** Kept elsewhere by its owner's wish: Windows' base layers. */
  readonly isForeign: boolean;
};

export type Platform = {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
};

/** A manifest or an index; `mediaType` is what it is served as. */
export type ImageDocument =
  | {
      readonly kind: "manifest";
      readonly mediaType: string;
      readonly config: Descriptor;
      readonly layers: readonly Descriptor[];
    }
  | {
      readonly kind: "index";
      readonly mediaType: string;
      readonly manifests: readonly Descriptor[];
    };

/** What registries take: the specification asks for 4 MiB at least, and none takes more. */
export const manifestBytesMax = 4 << 20;
/** Docker makes 127 layers at most; an index of every platform has some twenty manifests. */
const childrenMax = 1_000;

/** Bytes of a manifest or an index, Docker's or OCI's; throws `WireError` for anything else. */
export function parseImageDocument(bytes: Uint8Array): ImageDocument {
  const root = parseJsonObject(bytes, "manifest");
  if (root["schemaVersion"] !== 2) throw wrong("schemaVersion", "2", root["schemaVersion"]);
  const told = root["mediaType"];
  if (told !== undefined && typeof told !== "string") throw wrong("mediaType", "a text", told);
  if (Array.isArray(root["manifests"])) {
    if (told !== undefined && !isIndexType(told)) throw wrong("mediaType", "an index", told);
    const manifests = readDescriptors(root["manifests"], "manifests");
    return { kind: "index", mediaType: told ?? MediaType.ociIndex, manifests };
  }
  if (told !== undefined && !isManifestType(told)) throw wrong("mediaType", "a manifest", told);
  return {
    kind: "manifest",
    mediaType: told ?? MediaType.ociManifest,
    config: readDescriptor(root["config"], "config"),
    layers: readDescriptors(root["layers"], "layers"),
  };
}

/** JSON of bounded length that is an object. */
export function parseJsonObject(bytes: Uint8Array, field: string): Record<string, unknown> {
  const value = parseJson(bytes, field);
  if (isObject(value)) return value;
  throw wrong(field, "a JSON object", value);
}

export function parseJson(bytes: Uint8Array, field: string): unknown {
  if (bytes.length > manifestBytesMax) {
    throw wrong(field, `at most ${manifestBytesMax} bytes`, bytes.length);
  }
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw wrong(field, "JSON", error.message);
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Everything that a document needs to be there with it. */
export function childrenOf(document: ImageDocument): readonly Descriptor[] {
  return document.kind === "index" ? document.manifests : [document.config, ...document.layers];
}

/** `linux/arm64/v8`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((word) => word !== undefined && word !== "").join("/");
}

/** The platform that an image's configuration is for. */
export function platformsOf(config: Uint8Array): readonly string[] {
  const told = parseJson(config, "config");
  if (!isObject(told)) return [];
  const { os, architecture, variant } = told;
  if (typeof os !== "string" || typeof architecture !== "string") return [];
  return [formatPlatform({ os, architecture, ...(typeof variant === "string" && { variant }) })];
}

function readDescriptors(value: unknown, field: string): readonly Descriptor[] {
  if (!Array.isArray(value)) throw wrong(field, "a list", value);
  if (value.length > childrenMax) throw wrong(field, `at most ${childrenMax}`, value.length);
  return value.map((one, at) => readDescriptor(one, `${field}[${at}]`));
}

function readDescriptor(value: unknown, field: string): Descriptor {
  if (!isObject(value)) throw wrong(field, "a descriptor", value);
  const { mediaType, digest, size, platform, urls } = value;
  if (typeof mediaType !== "string") throw wrong(`${field}.mediaType`, "a text", mediaType);
  if (typeof digest !== "string" || !isDigest(digest)) {
    throw wrong(`${field}.digest`, "sha256:<64 digits>", digest);
  }
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw wrong(`${field}.size`, "a number of bytes", size);
  }
  const seen = readPlatform(platform);
  return {
    ...{ mediaType, digest, size },
    ...(seen && { platform: seen }),
    annotations: readAnnotations(value["annotations"]),
    isForeign: Array.isArray(urls) && urls.length > 0,
  };
}

function readPlatform(value: unknown): Platform | undefined {
  if (!isObject(value)) return undefined;
  const { os, architecture, variant } = value;
  if (typeof os !== "string" || typeof architecture !== "string") return undefined;
  return { os, architecture, ...(typeof variant === "string" && { variant }) };
}

function readAnnotations(value: unknown): ReadonlyMap<string, string> {
  if (!isObject(value)) return new Map();
  return new Map(
    Object.entries(value).flatMap(([key, text]) =>
      typeof text === "string" ? [[key, text] as const] : [],
    ),
  );
}

function wrong(field: string, want: string, got: unknown): WireError {
  const told = JSON.stringify(got)?.slice(0, 100) ?? "nothing";
  return new WireError("wire.invalid", `${field}: want ${want}, got ${told}`, { field, got });
}
