import { describe, expect, it } from "vitest";
import { parseImageDocument } from "../../../src/assets/oci/manifest.ts";
import { parseImageName } from "../../../src/assets/oci/reference.ts";
import { decideManifest, type ManifestQuestion } from "../../../src/assets/oci/registry-answer.ts";
import { testImage, testIndex } from "../../support/image-archive.ts";

const image = testImage("hello");
const arm = testImage("hello, arm", { architecture: "arm64" });
const multi = testIndex([arm, image]);
const name = parseImageName("quay.io/org/name");

const foundOf = (one: Pick<typeof image, "digest" | "blobs" | "mediaType">, at?: number) => ({
  digest: one.digest,
  document: parseImageDocument(one.blobs.get(one.digest) ?? Buffer.alloc(0)),
  ...(at !== undefined && {
    record: {
      ...{ digest: one.digest, mediaType: one.mediaType, bytes: 1, platforms: [], at },
      source: "upstream" as const,
    },
  }),
});

const asked: ManifestQuestion = {
  ...{ names: [name], wanted: { tag: "1" }, accept: undefined, found: foundOf(image) },
  ...{ upstreams: [], now: 10_000, refreshMs: 1_000 },
};
const ofImage = { kind: "send", digest: image.digest, mediaType: image.mediaType };
const onlyManifests = image.mediaType;
const onlyLists = multi.mediaType;

describe("decideManifest", () => {
  it.each<[string, Partial<ManifestQuestion>, object]>([
    ["sends what is there", {}, ofImage],
    ["sends an index as it is", { found: foundOf(multi) }, { digest: multi.digest }],
    [
      "sends linux/amd64 to a client that knows no index",
      { found: foundOf(multi), accept: onlyManifests },
      ofImage,
    ],
    [
      "sends the index itself when it is asked for by digest",
      { found: foundOf(multi), accept: onlyManifests, wanted: { digest: multi.digest } },
      { kind: "send", digest: multi.digest },
    ],
    [
      "has no linux/amd64 for such a client",
      { found: foundOf(testIndex([arm])), accept: onlyManifests },
      { kind: "refuse", code: "MANIFEST_UNKNOWN" },
    ],
    ["refuses what the client cannot read", { accept: onlyLists }, { code: "MANIFEST_UNKNOWN" }],
    [
      "tells how to bring in what is missing",
      { found: undefined },
      {
        kind: "refuse",
        code: "MANIFEST_UNKNOWN",
        message:
          "quay.io/org/name:1 is not in this mirror: kindling oci import ARCHIVE --as quay.io/org/name:1",
      },
    ],
    ["refuses a name that is none", { names: [], found: undefined }, { code: "NAME_INVALID" }],
    [
      "asks an upstream for what is missing",
      { found: undefined, upstreams: [name] },
      { kind: "fetch", from: [name] },
    ],
    ["asks nobody for what was imported", { upstreams: [name] }, ofImage],
    ["sends a tag of an upstream", { upstreams: [name], found: foundOf(image, 9_500) }, ofImage],
    [
      "asks again for an old tag, and has the old one if need be",
      { upstreams: [name], found: foundOf(image, 8_000) },
      { kind: "fetch", from: [name], stale: ofImage },
    ],
    [
      "asks nobody for an old tag whose upstream is no more",
      { found: foundOf(image, 8_000) },
      ofImage,
    ],
    [
      "never asks again for a digest",
      { upstreams: [name], wanted: { digest: image.digest }, found: foundOf(image, 0) },
      ofImage,
    ],
  ])("%s", (_, question, want) => {
    expect(decideManifest({ ...asked, ...question })).toMatchObject(want);
  });
});
