import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PullThrough, type PullThroughDeps } from "../../../src/assets/oci/pull-through.ts";
import { parseReference } from "../../../src/assets/oci/reference.ts";
import { Upstream } from "../../../src/assets/oci/upstream.ts";
import { FindingBoard } from "../../../src/runtime/finding-board.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { layoutOf, tarOf, testImage, testIndex } from "../../support/image-archive.ts";
import { type MirrorRig, openMirrorRig } from "../../support/mirror-rig.ts";
import { openTestRegistry, type TestRegistry } from "../../support/test-registry.ts";

const image = testImage("hello");
const newer = testImage("hello again");
const arm = testImage("hello, arm", { architecture: "arm64" });
const multi = testIndex([image, arm]);
const layer = tarOf(new Map([["big", Buffer.alloc(3 << 20, "kindling")]]));
const big = testImage("big", { layer });

let registry: TestRegistry;
let rig: MirrorRig;
let clock: FakeClock;
let findings: FindingBoard;

async function openRig(deps: Partial<PullThroughDeps> = {}, basic?: string): Promise<MirrorRig> {
  const options = { registry: "quay.io", origin: registry.origin, basic, clock };
  const common = { clock, log: silentLog, findings, refreshMs: 60_000, blobBytesMax: 1 << 30 };
  const { signal } = new AbortController();
  return await openMirrorRig({
    deps: { clock },
    upstream: (store) =>
      new PullThrough({
        ...{ store, upstreams: [new Upstream(options)], ...common, fetchesMax: 4, signal },
        ...deps,
      }),
  });
}

beforeEach(async () => {
  clock = new FakeClock();
  findings = new FindingBoard(() => {});
  registry = await openTestRegistry([
    ["org/name:1", image],
    ["org/multi:1", multi],
    ["org/big:1", big],
  ]);
  rig = await openRig();
});
afterEach(async () => {
  await rig[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

const get = (path: string, init: RequestInit = {}) => fetch(`${rig.origin}/v2/${path}`, init);
const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());
const blobsAsked = () => registry.asked.filter((line) => line.includes("/blobs/"));

describe("what the store lacks", () => {
  it("comes from the upstream once, with a token for its repository", async () => {
    for (let round = 0; round < 2; round += 1) {
      const manifest = await get("org/name/manifests/1?ns=quay.io");
      expect(manifest.headers.get("docker-content-digest")).toBe(image.digest);
      for (const digest of [image.config, image.layer]) {
        const blob = await bytesOf(await get(`org/name/blobs/${digest}?ns=quay.io`));
        expect(blob.equals(image.blobs.get(digest) ?? Buffer.alloc(0))).toBe(true);
      }
    }
    expect(registry.asked).toEqual([
      "GET /v2/org/name/manifests/1?ns=quay.io",
      "GET /token?service=test&scope=repository%3Aorg%2Fname%3Apull anybody",
      "GET /v2/org/name/manifests/1?ns=quay.io",
      `GET /v2/org/name/blobs/${image.config}?ns=quay.io`,
      `GET /v2/org/name/blobs/${image.layer}?ns=quay.io`,
    ]);
    expect(await rig.store.find(parseReference("quay.io/org/name:1"))).toMatchObject({
      ...{ digest: image.digest, source: "upstream" },
    });
  });

  it("comes with a log-in, which the token's server alone is told", async () => {
    await rig[Symbol.asyncDispose]();
    rig = await openRig({}, "dXNlcjpwYXNz");
    await get("quay.io/org/name/manifests/1");
    expect(registry.asked[1]).toMatch(/^GET \/token.* Basic dXNlcjpwYXNz$/);
  });

  it("comes with its platforms, whose manifests need no name of their own", async () => {
    expect((await get("quay.io/org/multi/manifests/1")).status).toBe(200);
    expect((await get(`quay.io/org/multi/manifests/${arm.digest}`)).status).toBe(200);
    const images = await rig.store.images();
    expect(images).toMatchObject([{ record: { platforms: ["linux/amd64", "linux/arm64"] } }]);
  });

  it("comes as linux/amd64's to a client that knows no index", async () => {
    const headers = { accept: image.mediaType };
    const answer = await get("quay.io/org/multi/manifests/1", { headers });
    expect(answer.headers.get("docker-content-digest")).toBe(image.digest);
  });

  it("keeps a name by digest, so that it outlives a clean-up", async () => {
    await get(`quay.io/org/name/manifests/${image.digest}`);
    expect(await rig.store.images()).toMatchObject([{ reference: { digest: image.digest } }]);
  });

  it("is not asked for at a registry that is no upstream", async () => {
    expect((await get("gcr.io/org/name/manifests/1")).status).toBe(404);
    expect(registry.asked).toEqual([]);
  });

  it("is believed to be absent for half a minute", async () => {
    for (const want of [3, 3, 4]) {
      expect((await get("quay.io/org/name/manifests/9")).status).toBe(404);
      expect(registry.asked).toHaveLength(want);
      if (registry.asked.length === 3) clock.step(want === 3 ? 20_000 : 0);
    }
  });
});

describe("a layer on its way", () => {
  it("is one download for all who want it, who read while it arrives", async () => {
    const sending = Promise.withResolvers<ServerResponse>();
    registry.sendBlob = (response, bytes) => {
      response.write(bytes.subarray(0, 2 << 20));
      sending.resolve(response);
    };
    const path = `quay.io/org/big/blobs/${big.layer}`;
    const answers = await Promise.all(Array.from({ length: 10 }, () => get(path)));
    const readers = answers.map((answer) => answer.body?.getReader());
    // Something is there before the upstream has sent all of it.
    for (const reader of readers) expect((await reader?.read())?.done).toBe(false);
    const head = await get(path, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(layer.length));
    (await sending.promise).end(layer.subarray(2 << 20));
    for (const reader of readers) {
      let last = await reader?.read();
      while (last?.done === false) last = await reader?.read();
    }
    expect(blobsAsked()).toHaveLength(2); // one of them without a token
    const again = await bytesOf(await get(path));
    expect(again.equals(layer)).toBe(true);
  });

  it("of a wrong digest is nobody's: the download breaks off and nothing is kept", async () => {
    registry.sendBlob = (response, bytes) => response.end(Buffer.alloc(bytes.length, "x"));
    const path = `quay.io/org/big/blobs/${big.layer}`;
    await expect(get(path).then(bytesOf)).rejects.toThrow();
    expect(await rig.store.blobs.list()).toEqual([]);
    registry.sendBlob = undefined;
    expect((await bytesOf(await get(path))).equals(layer)).toBe(true);
  });

  it("that breaks off breaks off here too", async () => {
    registry.sendBlob = (response, bytes) => {
      response.write(bytes.subarray(0, 1 << 20), () => response.destroy());
    };
    await expect(get(`quay.io/org/big/blobs/${big.layer}`).then(bytesOf)).rejects.toThrow();
    expect(await rig.store.blobs.list()).toEqual([]);
  });

  it("that falls silent is given up after a minute", async () => {
    const closed = Promise.withResolvers<void>();
    registry.sendBlob = (response, bytes) => {
      response.once("close", closed.resolve).write(bytes.subarray(0, 1 << 20));
    };
    const answer = await get(`quay.io/org/big/blobs/${big.layer}`);
    clock.step(60_000);
    await expect(bytesOf(answer)).rejects.toThrow();
    await closed.promise;
  });

  it("waits for its turn when as many as may be are on their way", async () => {
    await rig[Symbol.asyncDispose]();
    rig = await openRig({ fetchesMax: 1 });
    const sending = Promise.withResolvers<ServerResponse>();
    registry.sendBlob = (response) => sending.resolve(response);
    const first = get(`quay.io/org/big/blobs/${big.layer}`);
    const response = await sending.promise;
    registry.sendBlob = undefined;
    const second = get(`quay.io/org/big/blobs/${big.config}`);
    expect(blobsAsked()).toHaveLength(2);
    response.end(layer);
    const both = [await bytesOf(await first), await bytesOf(await second)];
    expect(both.map((bytes) => bytes.length)).toEqual([layer.length, expect.any(Number)]);
  });

  it("without a length is sent when it is whole", async () => {
    registry.sendBlob = (response, bytes) => {
      response.removeHeader("content-length");
      response.end(bytes);
    };
    const got = await bytesOf(await get(`quay.io/org/big/blobs/${big.layer}`));
    expect(got.equals(layer)).toBe(true);
  });
});

describe("a tag of an upstream", () => {
  const path = "quay.io/org/name/manifests/1";
  const digestNow = async () => (await get(path)).headers.get("docker-content-digest");

  it("is looked at again after a while, and follows where it moved", async () => {
    await get(path);
    registry.images.set("org/name:1", newer);
    expect(await digestNow()).toBe(image.digest);
    clock.step(60_001);
    expect(await digestNow()).toBe(newer.digest);
  });

  it("that did not move costs a HEAD", async () => {
    await get(path);
    clock.step(60_001);
    const before = registry.asked.length;
    expect(await digestNow()).toBe(image.digest);
    expect(registry.asked.slice(before)).toEqual(["HEAD /v2/org/name/manifests/1?ns=quay.io"]);
  });

  it("stays as it was while its upstream does not answer", async () => {
    await get(path);
    clock.step(60_001);
    registry.status = 500;
    expect(await digestNow()).toBe(image.digest);
  });

  it("that was imported stays, whatever the upstream has", async () => {
    await rig.bring(layoutOf([["quay.io/org/name:1", newer]]));
    clock.step(1e9);
    expect(await digestNow()).toBe(newer.digest);
    expect(registry.asked).toEqual([]);
  });
});

describe("an upstream in trouble", () => {
  const path = "quay.io/org/name/manifests/1";

  it("is a finding, is left alone for ten seconds, and then forgiven", async () => {
    registry.status = 500;
    const answer = await get(path);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ errors: [{ code: "UNAVAILABLE" }] });
    await get(path);
    expect(registry.asked).toHaveLength(1);
    expect(findings.list()).toMatchObject([
      { code: "oci.upstream-unreachable", sentence: "quay.io cannot be asked: it says 500" },
    ]);
    registry.status = undefined;
    clock.step(10_001);
    expect((await get(path)).status).toBe(200);
    expect(findings.list()).toEqual([]);
  });

  it.each([
    ["hides the image", 403, /does not show org\/name to anybody|403/],
    ["has had enough", 429, /enough of us/],
  ])("that %s is told so", async (_, status, message) => {
    registry.status = status;
    const { errors } = (await (await get(path)).json()) as { errors: { message: string }[] };
    expect(errors[0]?.message).toMatch(message);
  });

  it("that is not there is told so", async () => {
    await registry[Symbol.asyncDispose]();
    expect((await get(path)).status).toBe(503);
    expect(findings.list()[0]?.sentence).toMatch(/^quay\.io cannot be asked: .*ECONNREFUSED$/);
    registry = await openTestRegistry([]);
  });

  it("that sends another manifest than was asked for is not believed", async () => {
    registry.images.set("org/name:1", {
      ...image,
      blobs: new Map([[image.digest, Buffer.from("{}")]]),
    });
    expect((await get(path)).status).toBe(503);
    const changed = Buffer.from(`${image.blobs.get(image.digest)} `);
    registry.images.set("org/name:2", { ...image, blobs: new Map([[image.digest, changed]]) });
    registry.images.delete("org/name:1");
    const answer = await get("quay.io/org/name/manifests/2");
    expect(answer.status).toBe(503);
    expect(await rig.store.images()).toEqual([]);
    expect(await rig.store.blobs.list()).toEqual([]);
  });
});
