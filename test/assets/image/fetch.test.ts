import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Fetcher } from "../../../src/assets/image/fetch.ts";
import type { FileWish } from "../../../src/assets/image/part-file.ts";
import { Digests } from "../../../src/assets/image/verify.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { type Fault, openUpstream, type Upstream } from "../../support/image-upstream.ts";

const bytes = Buffer.alloc(3_000_000, "what an upstream publishes ");
const digest = (of: Uint8Array) => {
  const digests = new Digests([]);
  digests.update(of);
  return digests.sha256;
};

let upstream: Upstream;
let mirror: Upstream;
let folder = "";
const stop = new AbortController();
/** Waits are not waited for, and written down. */
let waits: number[] = [];
const clock = {
  ...systemClock,
  after: (ms: number, task: () => void) => {
    waits.push(ms);
    return systemClock.after(0, task);
  },
};

beforeAll(async () => {
  upstream = await openUpstream();
  mirror = await openUpstream();
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await mirror[Symbol.asyncDispose]();
});
beforeEach(() => {
  waits = [];
  folder = mkdtempSync(join(tmpdir(), "kindling-fetch-"));
  for (const one of [upstream, mirror]) {
    one.files.clear();
    one.files.set("file", bytes);
    one.requests.length = 0;
    one.onRequest = () => {};
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

const fetcher = (change: object = {}) => {
  const ca = upstream.ca + mirror.ca;
  const settings = { proxy: {}, ca, silenceMs: 200, bytesMax: 10_000_000, ...change };
  return new Fetcher(settings, { clock, signal: stop.signal });
};

const broke: string[] = [];
const wish = (change: Partial<FileWish> = {}): FileWish => ({
  name: "file",
  urls: [upstream, mirror].map(({ origin }) => ({ url: `${origin}/file`, mirror: origin })),
  path: join(folder, "file"),
  note: join(folder, "note"),
  digests: () => new Digests([]),
  onBytes: () => {},
  onBroke: (reason) => broke.push(reason),
  ...change,
});

const got = () => readFileSync(join(folder, "file"));

describe("Fetcher.file", () => {
  it("fetches and hashes a file, and tells how far it is", async () => {
    using fetching = fetcher();
    const seen: (number | undefined)[][] = [];
    const found = await fetching.file(wish({ onBytes: (...row) => seen.push(row) }));
    expect(got().equals(bytes)).toBe(true);
    expect(found.digests.sha256).toBe(digest(bytes));
    expect(found).toMatchObject({ from: { mirror: upstream.origin }, isPieced: false });
    expect(seen.at(-1)).toEqual([bytes.length, bytes.length, 0]);
  });

  type Row = {
    readonly name: string;
    readonly faults: readonly Fault[];
    readonly requests: readonly string[];
    readonly wait?: readonly number[];
  };
  const onwards = "GET file bytes=1000-";
  const rows: readonly Row[] = [
    {
      name: "goes on where a connection was reset",
      faults: [{ kind: "reset", after: 1000 }],
      requests: ["GET file", onwards],
    },
    {
      name: "goes on where a server fell silent",
      faults: [{ kind: "stall", after: 1000 }],
      requests: ["GET file", onwards],
    },
    {
      name: "asks again where nothing is answered",
      faults: [{ kind: "silent" }],
      requests: ["GET file", "GET file"],
      wait: [1000],
    },
    {
      name: "does not believe an end that comes early",
      faults: [{ kind: "short", by: bytes.length - 1000 }],
      requests: ["GET file", onwards],
    },
    {
      name: "begins anew with a server that knows no ranges",
      faults: [{ kind: "reset", after: 1000 }, { kind: "no-range" }],
      requests: ["GET file", onwards],
    },
    {
      name: "waits as a busy server asks",
      faults: [{ kind: "status", status: 503, headers: { "retry-after": "9" } }],
      requests: ["GET file", "GET file"],
      wait: [9000],
    },
    {
      name: "follows a redirect",
      faults: [{ kind: "redirect", to: "/file" }],
      requests: ["GET file", "GET file"],
    },
  ];
  it.each(rows)("$name", async ({ faults, requests, wait = [] }) => {
    using fetching = fetcher();
    upstream.fail("file", ...faults);
    const { digests } = await fetching.file(wish());
    expect(got().equals(bytes)).toBe(true);
    expect(digests.sha256).toBe(digest(bytes));
    expect(upstream.requests).toEqual(requests);
    expect(waits).toEqual(wait);
    expect(mirror.requests).toEqual([]);
  });

  const away: readonly { readonly name: string; readonly fault: Fault }[] = [
    { name: "a file that is not there", fault: { kind: "status", status: 404 } },
    { name: "a redirect to plain HTTP", fault: { kind: "redirect", to: "http://127.0.0.1/" } },
    {
      name: "a body that is compressed",
      fault: { kind: "header", headers: { "content-encoding": "gzip" } },
    },
  ];
  it.each(away)("takes the next mirror for $name", async ({ fault }) => {
    using fetching = fetcher();
    upstream.fail("file", fault);
    expect(await fetching.file(wish())).toMatchObject({ from: { mirror: mirror.origin } });
    expect(upstream.requests).toHaveLength(1);
  });

  it("goes on at the next mirror with what the first one gave", async () => {
    using fetching = fetcher();
    upstream.fail("file", { kind: "reset", after: 1000 }, { kind: "status", status: 404 });
    const found = await fetching.file(wish());
    expect(found).toMatchObject({ from: { mirror: mirror.origin }, isPieced: true });
    expect(mirror.requests).toEqual([onwards]);
    expect(got().equals(bytes)).toBe(true);
  });

  it("goes on with what an earlier process left, and begins anew where the file changed since", async () => {
    using fetching = fetcher();
    upstream.fail("file", { kind: "reset", after: 1000 });
    await fetching.file(wish());
    writeFileSync(join(folder, "file"), bytes.subarray(0, 2000));
    expect(await fetching.file(wish())).toMatchObject({ isPieced: true });
    expect(upstream.requests.at(-1)).toBe("GET file bytes=2000-");
    writeFileSync(join(folder, "file"), bytes.subarray(0, 2000));
    upstream.files.set("file", Buffer.from("another"));
    const changed = await fetching.file(wish());
    expect([got().toString(), changed.digests.sha256]).toEqual([
      "another",
      digest(Buffer.from("another")),
    ]);
  });

  it("asks nobody for a file that is here and right", async () => {
    using fetching = fetcher();
    writeFileSync(join(folder, "file"), bytes);
    await fetching.file(wish({ sha256: digest(bytes) }));
    expect(upstream.requests).toEqual([]);
    await fetching.file(wish());
    expect(upstream.requests).toEqual([`GET file bytes=${bytes.length}-`]);
    expect(got().equals(bytes)).toBe(true);
  });

  it("begins anew where more is here than there is", async () => {
    using fetching = fetcher();
    writeFileSync(join(folder, "file"), Buffer.concat([bytes, bytes]));
    const { digests } = await fetching.file(wish());
    expect(digests.sha256).toBe(digest(bytes));
  });

  it("says what every mirror answered, and keeps what came", async () => {
    using fetching = fetcher();
    mirror.files.delete("file");
    upstream.fail("file", { kind: "reset", after: 1000 }, { kind: "status", status: 403 });
    const failed = fetching.file(wish());
    await expect(failed).rejects.toMatchObject({
      code: "image.unreachable",
      message: `nobody gives file:\n  ${upstream.origin}/file answered 403\n  ${mirror.origin}/file answered 404`,
    });
    expect(got()).toHaveLength(1000);
  });

  it("tells a time-out from a refusal", async () => {
    using fetching = fetcher({ silenceMs: 50 });
    upstream.fail("file", ...Array(3).fill({ kind: "silent" }));
    const urls = wish().urls.slice(0, 1);
    await expect(fetching.file(wish({ urls }))).rejects.toMatchObject({ code: "timeout" });
    expect(waits).toEqual([1000, 2000]);
  });

  it("does not follow a ring of redirects", async () => {
    using fetching = fetcher();
    upstream.fail("file", ...Array(11).fill({ kind: "redirect", to: "/file" }));
    await fetching.file(wish());
    expect(upstream.requests).toHaveLength(11);
    expect(mirror.requests).toHaveLength(1);
  });

  it("refuses a file that is longer than allowed, told or not", async () => {
    using fetching = fetcher({ bytesMax: bytes.length - 1 });
    await expect(fetching.file(wish())).rejects.toThrow(/want at most 2999999/);
    expect(existsSync(join(folder, "file"))).toBe(true);
  });

  it("does not believe a certificate of an authority that it does not know, and does not insist", async () => {
    using fetching = fetcher({ ca: mirror.ca });
    expect(await fetching.file(wish())).toMatchObject({ from: { mirror: mirror.origin } });
    expect(broke.at(-1)).toMatch(/its certificate is not believed/);
    expect(waits).toEqual([]);
  });

  it("has no room on a disk that is full", async () => {
    using fetching = fetcher({ bytesMax: Number.MAX_SAFE_INTEGER });
    upstream.fail("file", { kind: "header", headers: { "content-length": "900000000000000" } });
    await expect(fetching.file(wish())).rejects.toMatchObject({ code: "image.no-space" });
  });

  it("ends when it is told to, and keeps what came", async () => {
    const ending = new AbortController();
    const settings = { proxy: {}, ca: upstream.ca, silenceMs: 5000, bytesMax: 1e9 };
    using fetching = new Fetcher(settings, { clock, signal: ending.signal });
    upstream.fail("file", { kind: "stall", after: 1000 });
    const onBytes = (here: number) => here >= 1000 && ending.abort(new Error("told to"));
    await expect(fetching.file(wish({ onBytes }))).rejects.toThrow("told to");
    expect(got()).toHaveLength(1000);
  });
});

describe("Fetcher.document", () => {
  const urls = () => wish().urls;

  it("fetches a small file whole, after a break from the start", async () => {
    using fetching = fetcher();
    upstream.fail("file", { kind: "reset", after: 1000 });
    const found = await fetching.document("file", urls(), 10_000_000);
    expect(found.bytes.equals(bytes)).toBe(true);
    expect(upstream.requests).toEqual(["GET file", "GET file"]);
  });

  it("refuses one that is too long", async () => {
    using fetching = fetcher();
    const failed = fetching.document("file", urls(), 1000);
    await expect(failed).rejects.toThrow(/has 3000000 bytes, want at most 1000/);
  });
});

describe("a proxy", () => {
  it("is asked to connect, but not to hosts that are excepted", async () => {
    const { createServer, connect } = await import("node:net");
    const asked: string[] = [];
    const server = createServer((client) => {
      client.once("data", (head) => {
        const [, host = "", port = ""] = /^CONNECT ([^:]+):(\d+)/.exec(head.toString()) ?? [];
        asked.push(`${host}:${port}`);
        const onward = connect(Number(port), host, () => {
          client.write("HTTP/1.1 200 OK\r\n\r\n");
          client.pipe(onward).pipe(client);
        });
        onward.on("error", () => client.destroy());
        client.on("error", () => onward.destroy());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const proxy = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
    {
      using fetching = fetcher({ proxy });
      await fetching.document("file", urls(), 10_000_000);
      expect(asked).toEqual([upstream.origin.replace("https://", "")]);
    }
    using direct = fetcher({ proxy: { ...proxy, NO_PROXY: "127.0.0.1" } });
    await direct.document("file", urls(), 10_000_000);
    expect(asked).toHaveLength(1);
    await new Promise((resolve) => server.close(resolve));
  });

  const urls = () => wish().urls;
});
