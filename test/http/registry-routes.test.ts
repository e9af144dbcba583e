import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layoutOf, testImage, testIndex } from "../support/image-archive.ts";
import { type MirrorRig, openMirrorRig } from "../support/mirror-rig.ts";

let rig: MirrorRig;
const image = testImage("hello");
const arm = testImage("hello, arm", { architecture: "arm64" });
const multi = testIndex([image, arm]);
const lone = testIndex([image, testImage("gone", { architecture: "s390x" })]);
const big = testImage("big", { layer: Buffer.alloc(3 << 20, "layer") });

beforeAll(async () => {
  rig = await openMirrorRig();
  await rig.bring(
    layoutOf([
      ["quay.io/kindling/test:1", image],
      ["quay.io/kindling/test:2", arm],
      ["quay.io/kindling/test:latest", image],
      ["busybox:1.36", image],
      ["gcr.io/kindling/multi:1", multi],
      ["gcr.io/kindling/big:1", big],
    ]),
  );
  const files = layoutOf([["gcr.io/kindling/lone:1", lone]]);
  for (const digest of lone.blobs.keys()) {
    if (!image.blobs.has(digest) && digest !== lone.digest)
      files.delete(`blobs/sha256/${digest.slice(7)}`);
  }
  await rig.bring(files);
});
afterAll(() => rig[Symbol.asyncDispose]());

const get = (path: string, init: RequestInit = {}) => fetch(`${rig.origin}${path}`, init);

it("tells that it is a registry", async () => {
  for (const path of ["/v2/", "/v2"]) {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
    expect(await answer.json()).toEqual({});
  }
});

describe("a manifest is found", () => {
  it.each([
    ["by containerd's query", "/v2/kindling/test/manifests/1?ns=quay.io", image],
    ["by the registry in the path", "/v2/quay.io/kindling/test/manifests/1", image],
    ["of Docker Hub, by its mirror's path", "/v2/library/busybox/manifests/1.36", image],
    ["of Docker Hub, by the query", "/v2/library/busybox/manifests/1.36?ns=docker.io", image],
    ["of Docker Hub, by its short name", "/v2/busybox/manifests/1.36", image],
    [
      "where the query names this mirror",
      "/v2/quay.io/kindling/test/manifests/1?ns=10.0.0.1:8080",
      image,
    ],
    ["by its digest", `/v2/kindling/test/manifests/${arm.digest}?ns=quay.io`, arm],
    ["by its digest under another name", `/v2/other/manifests/${arm.digest}`, arm],
    ["as an index", "/v2/kindling/multi/manifests/1?ns=gcr.io", multi],
  ])("%s", async (_, path, want) => {
    for (const method of ["HEAD", "GET"]) {
      const answer = await get(path, { method });
      expect(answer.status).toBe(200);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "content-type": want.mediaType,
        "docker-content-digest": want.digest,
        etag: `"${want.digest}"`,
        "content-length": String(want.size),
      });
      const body = Buffer.from(await answer.arrayBuffer());
      expect(
        body.equals(method === "HEAD" ? Buffer.alloc(0) : (want.blobs.get(want.digest) ?? body)),
      ).toBe(true);
    }
  });

  it("and is not sent again to who has it", async () => {
    const headers = { "if-none-match": `"${image.digest}"` };
    const answer = await get("/v2/kindling/test/manifests/1?ns=quay.io", { headers });
    expect(answer.status).toBe(304);
  });
});

describe("Accept", () => {
  const docker = "application/vnd.docker.distribution.manifest.v2+json";
  it.each([
    ["application/vnd.oci.image.manifest.v1+json", 200, image.digest],
    ["*/*", 200, multi.digest],
    ["application/*;q=0.5", 200, multi.digest],
    ["application/vnd.oci.image.index.v1+json, application/json", 200, multi.digest],
    [docker, 404, undefined],
  ])("%s of a tag with several platforms", async (accept, status, digest) => {
    const answer = await get("/v2/kindling/multi/manifests/1?ns=gcr.io", { headers: { accept } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("docker-content-digest") ?? undefined).toBe(digest);
  });
});

describe("what is not there", () => {
  it.each([
    ["/v2/kindling/none/manifests/1?ns=quay.io", 404, "MANIFEST_UNKNOWN"],
    ["/v2/kindling/test/manifests/9?ns=quay.io", 404, "MANIFEST_UNKNOWN"],
    [`/v2/kindling/test/manifests/sha256:${"0".repeat(64)}?ns=quay.io`, 404, "MANIFEST_UNKNOWN"],
    [`/v2/kindling/test/manifests/${image.layer}?ns=quay.io`, 404, "MANIFEST_UNKNOWN"],
    [`/v2/kindling/test/blobs/sha256:${"0".repeat(64)}?ns=quay.io`, 404, "BLOB_UNKNOWN"],
    ["/v2/kindling/test/blobs/sha256:12?ns=quay.io", 400, "DIGEST_INVALID"],
    ["/v2/kindling/test/blobs/..%2f..%2flock?ns=quay.io", 404, "UNSUPPORTED"],
    ["/v2/kindling/none/tags/list?ns=quay.io", 404, "NAME_UNKNOWN"],
    ["/v2/Kindling/test/manifests/1", 400, "NAME_INVALID"],
    ["/v2/kindling/test/manifests/1?ns=..%2f..", 400, "NAME_INVALID"],
    ["/v2/kindling/test/manifests/.a?ns=quay.io", 400, "MANIFEST_INVALID"],
    ["/v2/kindling/test/tags/list?ns=quay.io&n=x", 400, "PAGINATION_NUMBER_INVALID"],
    [`/v2/kindling/test/referrers/${image.digest}`, 404, "UNSUPPORTED"],
    ["/v2/nothing", 404, "UNSUPPORTED"],
  ])("%s is %i %s", async (path, status, code) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(await answer.json()).toMatchObject({ errors: [{ code }] });
  });

  it("is a platform that the archive of an index lacked", async () => {
    const index = await (await get("/v2/gcr.io/kindling/lone/manifests/1")).json();
    const [, absent] = (index as { manifests: { digest: string }[] }).manifests;
    const answer = await get(`/v2/gcr.io/kindling/lone/manifests/${absent?.digest}`);
    expect(answer.status).toBe(404);
  });
});

it.each(["PUT", "POST", "PATCH", "DELETE"])("%s changes nothing", async (method) => {
  const answer = await get("/v2/kindling/test/blobs/uploads/", { method });
  expect(answer.status).toBe(405);
  expect(answer.headers.get("allow")).toBe("GET, HEAD");
  expect(await answer.json()).toMatchObject({ errors: [{ code: "UNSUPPORTED" }] });
});

describe("a blob", () => {
  const path = `/v2/kindling/big/blobs/${big.layer}?ns=gcr.io`;
  const bytes = big.blobs.get(big.layer) ?? Buffer.alloc(0);

  it("comes whole, to several clients", async () => {
    for (let client = 0; client < 3; client += 1) {
      const answer = await get(path);
      expect(answer.headers.get("docker-content-digest")).toBe(big.layer);
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    }
  });

  it("comes in part to who goes on with it", async () => {
    const headers = { range: "bytes=3000000-", "if-range": `"${big.layer}"` };
    const answer = await get(path, { headers });
    expect(answer.status).toBe(206);
    expect(answer.headers.get("content-range")).toBe(
      `bytes 3000000-${bytes.length - 1}/${bytes.length}`,
    );
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(3_000_000))).toBe(true);
  });

  it("tells its length to HEAD", async () => {
    const answer = await get(path, { method: "HEAD" });
    expect(answer.headers.get("content-length")).toBe(String(bytes.length));
  });
});

describe("lists", () => {
  it("the tags of a repository, by pages", async () => {
    const whole = await get("/v2/quay.io/kindling/test/tags/list");
    expect(await whole.json()).toEqual({
      name: "quay.io/kindling/test",
      tags: ["1", "2", "latest"],
    });
    const first = await get("/v2/kindling/test/tags/list?n=2&ns=quay.io");
    expect(await first.json()).toMatchObject({ tags: ["1", "2"] });
    const link = /^<([^>]+)>; rel="next"$/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    const second = await get(link);
    expect(await second.json()).toMatchObject({ tags: ["latest"] });
    expect(second.headers.get("link")).toBeNull();
  });

  it("the repositories", async () => {
    const { repositories } = (await (await get("/v2/_catalog")).json()) as {
      repositories: string[];
    };
    expect(repositories).toEqual([
      "docker.io/library/busybox",
      "gcr.io/kindling/big",
      "gcr.io/kindling/lone",
      "gcr.io/kindling/multi",
      "quay.io/kindling/test",
    ]);
  });
});

it("serves images alone on their own port", async () => {
  expect((await fetch(`${rig.own}/v2/`)).status).toBe(200);
  expect((await fetch(`${rig.own}/ipxe`)).status).toBe(404);
  expect((await fetch(`${rig.own}/metrics`)).status).toBe(404);
});

it("a machine that asked in vain is a finding until its image is there", async () => {
  await get("/v2/kindling/late/manifests/1?ns=quay.io", { method: "HEAD" });
  const late = { code: "oci.image-missing", subject: "quay.io/kindling/late:1" };
  expect(rig.findings.list()).toContainEqual({
    ...late,
    severity: "warning",
    sentence: "127.0.0.1 asked for quay.io/kindling/late:1, which is not in the mirror",
    cure: "kindling oci import ARCHIVE --as quay.io/kindling/late:1",
  });
  await rig.bring(layoutOf([["quay.io/kindling/late:1", image]]));
  await get("/v2/kindling/late/manifests/1?ns=quay.io");
  expect(rig.findings.list()).not.toContainEqual(expect.objectContaining(late));
});

describe("hosts.toml", () => {
  it("is given for each registry, with where this mirror was found", async () => {
    const answer = await get("/oci/hosts/quay.io/hosts.toml");
    expect(await answer.text()).toBe(
      `# /etc/containerd/certs.d/quay.io/hosts.toml\nserver = "${rig.origin}"\n\n[host."${rig.origin}"]\n  capabilities = ["pull", "resolve"]\n`,
    );
    const list = await (await get("/oci/hosts")).text();
    expect(list).toContain("/etc/containerd/certs.d/registry.k8s.io/hosts.toml\n");
  });

  it.each([
    "/oci/hosts/qu%22ay.io/hosts.toml",
    "/oci/hosts/..%2f/hosts.toml",
    "/oci/hosts/quay.io/x",
  ])("is not given for %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});
