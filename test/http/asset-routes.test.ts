import { createHash } from "node:crypto";
import { chmod, mkdir, rename, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildMachineApp } from "../../src/http/app.ts";
import { type HttpRig, openHttpRig } from "../support/http-rig.ts";

let rig: HttpRig;
let app: ReturnType<typeof buildMachineApp>;
const modified = "Fri, 02 Jan 2026 03:04:05 GMT";

beforeEach(async () => {
  rig = await openHttpRig();
  app = buildMachineApp(rig.deps);
  await rig.write("assets/file.img", "0123456789");
  await utimes(join(rig.folder, "assets/file.img"), new Date(modified), new Date(modified));
});
afterEach(async () => {
  await app.close();
  await rig[Symbol.asyncDispose]();
});

const ask = (url: string, headers = {}, method: "GET" | "HEAD" = "GET") =>
  app.inject({ url, headers, method });

describe("a file of the assets", () => {
  it("is sent whole with length, date, tag and type", async () => {
    const got = await ask("/assets/file.img");
    expect(got.body).toBe("0123456789");
    expect(got.headers).toMatchObject({
      "content-length": "10",
      "content-type": "application/octet-stream",
      "last-modified": modified,
      "accept-ranges": "bytes",
      etag: expect.stringMatching(/^"[^"]+"$/),
    });
  });

  it("tells HEAD the same and sends nothing", async () => {
    const got = await ask("/assets/file.img", {}, "HEAD");
    expect([got.statusCode, got.body, got.headers["content-length"]]).toEqual([200, "", "10"]);
  });

  const ranges = [
    { range: "bytes=0-", status: 206, body: "0123456789", part: "bytes 0-9/10" },
    { range: "bytes=2-4", status: 206, body: "234", part: "bytes 2-4/10" },
    { range: "bytes=8-99", status: 206, body: "89", part: "bytes 8-9/10" },
    { range: "bytes=-3", status: 206, body: "789", part: "bytes 7-9/10" },
    { range: "bytes=-99", status: 206, body: "0123456789", part: "bytes 0-9/10" },
    {
      range: "bytes=10-",
      status: 416,
      body: "invalid range: failed to overlap\n",
      part: "bytes */10",
    },
    { range: "bytes=4-2", status: 416, body: "invalid range\n" },
    { range: "lines=1-2", status: 416, body: "invalid range\n" },
    { range: "bytes=0-1,4-5", status: 200, body: "0123456789" },
  ];
  it.each(ranges)("answers $range with $status", async ({ range, status, body, part }) => {
    const got = await ask("/assets/file.img", { range });
    expect([got.statusCode, got.body, got.headers["content-range"]]).toEqual([status, body, part]);
  });

  const conditions = [
    { name: "if-modified-since its date", headers: { "if-modified-since": modified }, status: 304 },
    {
      name: "if-modified-since before",
      headers: { "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT" },
      status: 200,
    },
    {
      name: "if-unmodified-since before",
      headers: { "if-unmodified-since": "Thu, 01 Jan 2026 00:00:00 GMT" },
      status: 412,
    },
    { name: "if-none-match *", headers: { "if-none-match": "*" }, status: 304 },
    { name: "if-none-match another", headers: { "if-none-match": '"other"' }, status: 200 },
    { name: "if-match another", headers: { "if-match": '"other"' }, status: 412 },
    {
      name: "if-range its date",
      headers: { range: "bytes=1-2", "if-range": modified },
      status: 206,
    },
    { name: "if-range another", headers: { range: "bytes=1-2", "if-range": '"x"' }, status: 200 },
  ];
  it.each(conditions)("answers $name with $status", async ({ headers, status }) => {
    expect((await ask("/assets/file.img", headers)).statusCode).toBe(status);
  });

  it("is named by its tag until it is replaced", async () => {
    const { etag } = (await ask("/assets/file.img")).headers;
    expect((await ask("/assets/file.img", { "if-none-match": etag })).statusCode).toBe(304);
    expect((await ask("/assets/file.img", { range: "bytes=1-2", "if-range": etag })).body).toBe(
      "12",
    );
    await rig.write("assets/new.img", "9876543210");
    const path = join(rig.folder, "assets");
    await utimes(join(path, "new.img"), new Date(modified), new Date(modified));
    await rename(join(path, "new.img"), join(path, "file.img"));
    expect((await ask("/assets/file.img", { "if-none-match": etag })).body).toBe("9876543210");
  });

  it("is named by its SHA-256 once it was fetched twice, and by its first tag still", async () => {
    const first = String((await ask("/assets/file.img")).headers.etag);
    const sha256 = createHash("sha256").update("0123456789").digest("hex");
    await ask("/assets/file.img", { range: "bytes=2-" });
    await expect
      .poll(async () => (await ask("/assets/file.img", {}, "HEAD")).headers.etag)
      .toBe(`"${sha256}"`);
    for (const etag of [first, `"${sha256}"`]) {
      const rest = await ask("/assets/file.img", { range: "bytes=8-", "if-range": etag });
      expect([rest.statusCode, rest.body, rest.headers.etag]).toEqual([206, "89", etag]);
      expect((await ask("/assets/file.img", { "if-none-match": etag })).statusCode).toBe(304);
      expect((await ask("/assets/file.img", { "if-match": etag })).statusCode).toBe(200);
    }
    await rig.write("assets/file.img", "9876543210");
    const etag = `"${sha256}"`;
    expect((await ask("/assets/file.img", { "if-none-match": etag })).body).toBe("9876543210");
    expect((await ask("/assets/file.img", { "if-match": etag })).statusCode).toBe(412);
  });

  it("is not hashed for machines that ask for its length", async () => {
    for (let at = 0; at < 3; at += 1) await ask("/assets/file.img", {}, "HEAD");
    await ask("/assets/file.img");
    await rig.write("assets/other.img", "other");
    for (let at = 0; at < 2; at += 1) await ask("/assets/other.img");
    const tagOf = async (name: string) => (await ask(`/assets/${name}`, {}, "HEAD")).headers.etag;
    await expect.poll(() => tagOf("other.img")).toMatch(/^"[0-9a-f]{64}"$/);
    expect(await tagOf("file.img")).not.toMatch(/^"[0-9a-f]{64}"$/);
  });

  it("comes back whole from any slices", async () => {
    await rig.write("assets/data", Buffer.from(Array.from({ length: 700 }, (_, at) => at % 251)));
    const whole = (await ask("/assets/data")).rawPayload;
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 699 }), { maxLength: 6 });
    const reassemble = async (points: number[]) => {
      const edges = [0, ...points.sort((a, b) => a - b), 700];
      const parts = edges.slice(1).map(async (end, index) => {
        const range = `bytes=${edges[index]}-${end - 1}`;
        return (await ask("/assets/data", { range })).rawPayload;
      });
      expect(Buffer.concat(await Promise.all(parts)).equals(whole)).toBe(true);
    };
    await fc.assert(fc.asyncProperty(cuts, reassemble), { numRuns: 30 });
  });

  it("may be empty", async () => {
    await rig.write("assets/empty", "");
    const got = await ask("/assets/empty", { range: "bytes=0-" });
    expect([got.statusCode, got.headers["content-length"]]).toEqual([200, "0"]);
  });

  it.each([
    { file: "a.efi", type: "application/efi" },
    { file: "a.json", type: "application/json" },
    { file: "a.TXT", type: "text/plain; charset=utf-8" },
    { file: "vmlinuz", type: "application/octet-stream" },
    { file: "a b&ü.iso", type: "application/x-iso9660-image" },
  ])("of name $file is $type", async ({ file, type }) => {
    await rig.write(`assets/${file}`, "x");
    const got = await ask(`/assets/${encodeURIComponent(file)}`);
    expect([got.statusCode, got.headers["content-type"]]).toEqual([200, type]);
  });
});

describe("a name of the assets", () => {
  it.each([
    "/assets/gone",
    "/assets/file.img/below",
    "/assets/%2e%2e/groups",
    "/assets/..%2fgroups",
    "/assets/a%00b",
    `/assets/${"x".repeat(300)}`,
  ])("is missing for %s", async (url) => {
    expect((await ask(url)).statusCode).toBe(404);
  });

  it("with plain dots is another path", async () => {
    await rig.write("secret", "x");
    expect((await ask("/assets/../secret")).statusCode).toBe(404);
    expect((await ask("/assets/x/../file.img")).body).toBe("0123456789");
  });

  it("that is a link leads inside and outside, or only inside if set so", async () => {
    await rig.write("outside", "out");
    await symlink("file.img", join(rig.folder, "assets/in"));
    await symlink("../outside", join(rig.folder, "assets/out"));
    const confined = buildMachineApp({
      ...rig.deps,
      assets: { ...rig.assets, symlinks: "confine" },
    });
    expect((await ask("/assets/in")).body).toBe("0123456789");
    expect((await ask("/assets/out")).body).toBe("out");
    expect((await confined.inject("/assets/in")).body).toBe("0123456789");
    expect((await confined.inject("/assets/out")).statusCode).toBe(403);
  });

  it.runIf(process.getuid?.() !== 0)("that may not be read is forbidden", async () => {
    await chmod(join(rig.folder, "assets/file.img"), 0);
    expect((await ask("/assets/file.img")).statusCode).toBe(403);
  });
});

describe("a folder of the assets", () => {
  beforeEach(async () => {
    await mkdir(join(rig.folder, "assets/sub/deep"), { recursive: true });
    await writeFile(join(rig.folder, "assets/sub/<b>&.txt"), "");
    await writeFile(join(rig.folder, "assets/sub/.hidden"), "");
  });

  it("is listed by name, hidden entries too", async () => {
    const got = await ask("/assets/sub/");
    expect(got.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(got.body).toContain(
      [
        "<pre>",
        '<a href=".hidden">.hidden</a>',
        '<a href="%3Cb%3E%26.txt">&#60;b&#62;&#38;.txt</a>',
        '<a href="deep/">deep/</a>',
        "</pre>",
      ].join("\n"),
    );
  });

  it("gives its index.html if it has one", async () => {
    await rig.write("assets/sub/index.html", "<p>hi");
    const got = await ask("/assets/sub/");
    expect([got.body, got.headers["content-type"]]).toEqual(["<p>hi", "text/html; charset=utf-8"]);
  });

  it.each([
    { url: "/assets?x=1", status: 307, location: "/assets/?x=1" },
    { url: "/assets/sub", status: 301, location: "sub/" },
    { url: "/assets/file.img/", status: 301, location: "../file.img" },
    { url: "/assets/sub/index.html", status: 301, location: "./" },
    { url: "/assets/sub/index.html/", status: 301, location: "../index.html" },
  ])("sends $url on to $location", async ({ url, status, location }) => {
    await rig.write("assets/sub/index.html", "");
    const got = await ask(url);
    expect([got.statusCode, got.headers.location]).toEqual([status, location]);
  });
});

it("sees a file cut short before it is opened", async () => {
  await truncate(join(rig.folder, "assets/file.img"), 4);
  expect((await ask("/assets/file.img")).headers["content-length"]).toBe("4");
});
