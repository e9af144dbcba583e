import { createHash } from "node:crypto";
import { type Digest, digestOfHex, hexOf } from "../../src/assets/oci/digest.ts";
import { MediaType } from "../../src/assets/oci/media-type.ts";

/** A file of an archive by name; a text that begins with `->` is a symbolic link. */
export type ArchiveFiles = ReadonlyMap<string, Uint8Array | string>;

export function sha256(bytes: Uint8Array | string): Digest {
  return digestOfHex(createHash("sha256").update(bytes).digest("hex"));
}

/** One entry of a ustar archive; `change` may spoil its header before the checksum is made. */
export function tarEntry(
  name: string,
  body: Uint8Array,
  how: {
    readonly type?: string;
    readonly link?: string;
    readonly size?: number;
    readonly mode?: number;
  } = {},
): Buffer {
  const header = Buffer.alloc(512);
  header.write(name.slice(0, 100), 0);
  header.write(`${(how.mode ?? 0o644).toString(8).padStart(7, "0")}\0`, 100);
  header.write(`${(how.size ?? body.length).toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        ", 148);
  header.write(how.type ?? "0", 156);
  header.write(how.link ?? "", 157);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, octet) => total + octet, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

/** A tar archive of these files. */
export function tarOf(files: ArchiveFiles): Buffer {
  const entries = [...files].map(([name, content]) => {
    if (typeof content !== "string" || !content.startsWith("->")) {
      return tarEntry(name, Buffer.from(content));
    }
    return tarEntry(name, Buffer.alloc(0), { type: "2", link: content.slice(2) });
  });
  return Buffer.concat([...entries, Buffer.alloc(1024)]);
}

export type TestImage = {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  /** Every blob by its digest, the manifest among them. */
  readonly blobs: ReadonlyMap<Digest, Buffer>;
  readonly layer: Digest;
  readonly config: Digest;
  readonly platform: { readonly os: string; readonly architecture: string };
};

/** An image of one layer; Docker's types or OCI's. */
export function testImage(
  text: string,
  how: {
    readonly architecture?: string;
    readonly docker?: boolean;
    readonly layer?: Buffer;
    /** What its containers run. */
    readonly command?: readonly string[];
  } = {},
): TestImage {
  const layer = how.layer ?? tarOf(new Map([["hello", text]]));
  const platform = { os: "linux", architecture: how.architecture ?? "amd64" };
  const config = Buffer.from(
    JSON.stringify({
      ...platform,
      config: how.command === undefined ? {} : { Entrypoint: how.command },
      rootfs: { type: "layers", diff_ids: [sha256(layer)] },
    }),
  );
  const [type, configType, layerType] = how.docker
    ? [
        MediaType.dockerManifest,
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.docker.image.rootfs.diff.tar",
      ]
    : [MediaType.ociManifest, MediaType.ociConfig, MediaType.ociLayer];
  const manifest = documentOf({
    schemaVersion: 2,
    mediaType: type,
    config: { mediaType: configType, digest: sha256(config), size: config.length },
    layers: [{ mediaType: layerType, digest: sha256(layer), size: layer.length }],
  });
  const blobs = new Map([layer, config, manifest].map((bytes) => [sha256(bytes), bytes] as const));
  return {
    ...{ digest: sha256(manifest), mediaType: type, size: manifest.length, blobs, platform },
    ...{ layer: sha256(layer), config: sha256(config) },
  };
}

/** An index of several images. */
export function testIndex(
  images: readonly TestImage[],
  docker = false,
): Omit<TestImage, "layer" | "config"> {
  const mediaType = docker ? MediaType.dockerList : MediaType.ociIndex;
  const manifests = images.map(({ mediaType: type, digest, size, platform }) => ({
    ...{ mediaType: type, digest, size, platform },
  }));
  const index = documentOf({ schemaVersion: 2, mediaType, manifests });
  const blobs = new Map(images.flatMap((image) => [...image.blobs]));
  blobs.set(sha256(index), index);
  const platform = { os: "", architecture: "" };
  return { digest: sha256(index), mediaType, size: index.length, blobs, platform };
}

/** The files of OCI's layout for images by name; a name is its `ref.name`, none when empty. */
export function layoutOf(
  images: readonly (readonly [name: string, Omit<TestImage, "layer" | "config">])[],
): Map<string, Uint8Array | string> {
  const manifests = images.map(([name, { digest, mediaType, size }]) => ({
    ...{ mediaType, digest, size },
    ...(name !== "" && { annotations: { "org.opencontainers.image.ref.name": name } }),
  }));
  const blobs = images.flatMap(([, image]) => [...image.blobs]);
  return new Map<string, Uint8Array | string>([
    ["oci-layout", '{"imageLayoutVersion":"1.0.0"}'],
    ["index.json", documentOf({ schemaVersion: 2, manifests })],
    ...blobs.map(([digest, bytes]) => [`blobs/sha256/${hexOf(digest)}`, bytes] as const),
  ]);
}

/** The files that `docker save` writes for one image. */
export function dockerSaveOf(
  image: TestImage,
  tags: readonly string[] | null,
): Map<string, Uint8Array | string> {
  const bytesOf = (digest: Digest) => image.blobs.get(digest) ?? Buffer.alloc(0);
  const config = `${hexOf(image.config)}.json`;
  const layer = `${hexOf(image.layer)}.tar`;
  return new Map<string, Uint8Array | string>([
    [config, bytesOf(image.config)],
    [layer, bytesOf(image.layer)],
    ["0123/layer.tar", `->../${layer}`],
    ["0123/VERSION", "1.0"],
    ["manifest.json", documentOf([{ Config: config, RepoTags: tags, Layers: ["0123/layer.tar"] }])],
  ]);
}

function documentOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
