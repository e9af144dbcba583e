import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  childrenOf,
  manifestBytesMax,
  parseImageDocument,
} from "../../../src/assets/oci/manifest.ts";
import { accepts, layerTypeOf, MediaType } from "../../../src/assets/oci/media-type.ts";
import { WireError } from "../../../src/errors.ts";
import { sha256, testImage, testIndex } from "../../support/image-archive.ts";

const image = testImage("hello");
const docker = testImage("hello", { docker: true });
const bytesOf = ({ blobs, digest }: Pick<typeof image, "blobs" | "digest">) =>
  blobs.get(digest) ?? Buffer.alloc(0);
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const descriptor = { mediaType: "x/y", digest: sha256("x"), size: 1 };
const manifest = { schemaVersion: 2, config: descriptor, layers: [descriptor] };

describe("parseImageDocument", () => {
  it.each([
    ["OCI's manifest", image, "manifest"],
    ["Docker's manifest", docker, "manifest"],
    ["OCI's index", testIndex([image]), "index"],
    ["Docker's list", testIndex([docker], true), "index"],
  ])("reads %s", (_, one, kind) => {
    expect(parseImageDocument(bytesOf(one))).toMatchObject({ kind, mediaType: one.mediaType });
  });

  it("takes one that names no type for OCI's", () => {
    expect(parseImageDocument(json(manifest)).mediaType).toBe(MediaType.ociManifest);
    const index = { schemaVersion: 2, manifests: [] };
    expect(parseImageDocument(json(index)).mediaType).toBe(MediaType.ociIndex);
  });

  it("tells platforms, annotations and what is kept elsewhere", () => {
    const child = {
      ...descriptor,
      platform: { os: "linux", architecture: "arm64", variant: "v8", "os.version": "1" },
      annotations: { name: "x", bad: 1 },
      urls: ["https://example.org/layer"],
    };
    const index = { schemaVersion: 2, manifests: [child] };
    expect(childrenOf(parseImageDocument(json(index)))).toEqual([
      {
        ...descriptor,
        platform: { os: "linux", architecture: "arm64", variant: "v8" },
        annotations: new Map([["name", "x"]]),
        isForeign: true,
      },
    ]);
  });

  it.each([
    ["no JSON", Buffer.from("{")],
    ["a list", json([])],
    ["schema 1", json({ ...manifest, schemaVersion: 1 })],
    ["another type", json({ ...manifest, mediaType: "text/plain" })],
    ["a manifest that says index", json({ ...manifest, mediaType: MediaType.ociIndex })],
    [
      "an index that says manifest",
      json({ ...manifest, manifests: [], mediaType: MediaType.ociManifest }),
    ],
    ["no configuration", json({ schemaVersion: 2, layers: [] })],
    ["no layers", json({ schemaVersion: 2, config: descriptor })],
    ["a bad digest", json({ ...manifest, config: { ...descriptor, digest: "sha256:../../x" } })],
    ["a negative size", json({ ...manifest, config: { ...descriptor, size: -1 } })],
    ["a size that is no number", json({ ...manifest, config: { ...descriptor, size: "1" } })],
    ["too many layers", json({ ...manifest, layers: Array(1001).fill(descriptor) })],
    ["too many bytes", Buffer.alloc(manifestBytesMax + 1, " ")],
  ])("refuses %s", (_, bytes) => {
    expect(() => parseImageDocument(bytes)).toThrow(WireError);
  });

  it("throws nothing but WireError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          parseImageDocument(Buffer.from(text));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});

it.each([
  [undefined, true],
  ["", true],
  ["*/*", true],
  ["application/*", true],
  ["text/plain, application/vnd.oci.image.index.v1+json;q=0.1", true],
  ["Application/Vnd.OCI.Image.Index.v1+json", true],
  ["application/vnd.oci.image.index.v1+json;q=0", false],
  ["application/vnd.oci.image.manifest.v1+json", false],
  ["text/*", false],
])("Accept: %s takes an index: %s", (header, want) => {
  expect(accepts(header, MediaType.ociIndex)).toBe(want);
});

it.each([
  ["1f8b0800", "+gzip"],
  ["28b52ffd", "+zstd"],
  ["68656c6c6f", ""],
  ["", ""],
])("a layer that begins with %s is tar%s", (hex, ending) => {
  expect(layerTypeOf(Buffer.from(hex, "hex"))).toBe(`${MediaType.ociLayer}${ending}`);
});
