/** Docker's types and OCI's for the same documents, and those that are made here. */
export const MediaType = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
} as const;

const Indexes: readonly string[] = [MediaType.ociIndex, MediaType.dockerList];
const Manifests: readonly string[] = [MediaType.ociManifest, MediaType.dockerManifest];

/** A list of manifests, most often one a platform. */
export function isIndexType(type: string): boolean {
  return Indexes.includes(type);
}

/** One image's configuration and layers. */
export function isManifestType(type: string): boolean {
  return Manifests.includes(type);
}

/** What a registry is asked for when either will do, in the words of an Accept header. */
export const everyManifestType = [...Manifests, ...Indexes].join(", ");

/** A layer's type by its first bytes. */
export function layerTypeOf(head: Uint8Array): string {
  const magic = Buffer.from(head.subarray(0, 4)).toString("hex");
  if (magic.startsWith("1f8b")) return `${MediaType.ociLayer}+gzip`;
  return magic === "28b52ffd" ? `${MediaType.ociLayer}+zstd` : MediaType.ociLayer;
}

/** Whether an Accept header takes a type: by name, by a star, or by saying nothing at all. */
export function accepts(header: string | undefined, type: string): boolean {
  if (header === undefined || header.trim() === "") return true;
  const group = type.split("/", 1)[0];
  return header.split(",").some((part) => {
    const [range = "", ...parameters] = part.split(";").map((word) => word.trim().toLowerCase());
    if (parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))) return false;
    return range === type || range === "*/*" || range === `${group}/*`;
  });
}
