import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildMachineApp } from "../../src/http/app.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { type HttpRig, openHttpRig } from "../support/http-rig.ts";

const mac = "52:54:00:77:00:10";
let rig: HttpRig;
let app: ReturnType<typeof buildMachineApp>;
beforeEach(async () => {
  rig = await openHttpRig();
  app = buildMachineApp(rig.deps);
});
afterEach(async () => {
  await app.close();
  await rig[Symbol.asyncDispose]();
});
const ask = (url: string, method: "GET" | "HEAD" = "GET") => app.inject({ url, method });

describe("/loaders", () => {
  it("sends a loader as EFI program with its hash as tag", async () => {
    const got = await ask("/loaders/snponly.efi");
    expect(got.body).toBe("MZ loader bytes");
    expect(got.headers).toMatchObject({
      "content-type": "application/efi",
      "content-length": "15",
      "last-modified": "Fri, 02 Jan 2026 03:04:05 GMT",
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
    });
    const head = await ask("/loaders/snponly.efi", "HEAD");
    expect([head.body, head.headers["content-length"]]).toEqual(["", "15"]);
  });

  it("has the script that iPXE looks for beside itself and in the root, with its exact size", async () => {
    for (const url of ["/loaders/autoexec.ipxe", "/autoexec.ipxe", "//autoexec.ipxe"]) {
      const got = await ask(url);
      expect([got.statusCode, got.body]).toEqual([200, "#!ipxe auto"]);
      expect(got.headers).toMatchObject({
        "content-type": "text/plain; charset=utf-8",
        "content-length": "11",
      });
      expect(got.headers["transfer-encoding"]).toBeUndefined();
    }
  });

  it.each(["//loaders/snponly.efi", "/loaders//snponly.efi", "/loaders/./snponly.efi"])(
    "answers %s at once: shim asks so and follows no redirect",
    async (url) => {
      expect(await ask(url)).toMatchObject({ statusCode: 200, body: "MZ loader bytes" });
    },
  );

  it("goes on where a load was cut short, as long as it is the same file", async () => {
    const etag = String((await ask("/loaders/snponly.efi", "HEAD")).headers.etag);
    const resume = (headers: Record<string, string>) =>
      app.inject({ url: "/loaders/snponly.efi", headers: { range: "bytes=3-", ...headers } });
    const later = "Sat, 03 Jan 2026 00:00:00 GMT";
    const earlier = "Thu, 01 Jan 2026 00:00:00 GMT";
    expect(await resume({ "if-match": etag })).toMatchObject({ statusCode: 206 });
    expect((await resume({ "if-match": etag })).headers["content-range"]).toBe("bytes 3-14/15");
    expect(await resume({ "if-match": '"other"' })).toMatchObject({ statusCode: 412 });
    expect(await resume({ "if-unmodified-since": later })).toMatchObject({ statusCode: 206 });
    expect(await resume({ "if-unmodified-since": earlier })).toMatchObject({ statusCode: 412 });
  });

  it("has no other names", async () => {
    expect((await ask("/loaders/gone.efi")).statusCode).toBe(404);
    expect((await ask("/loaders/%2e%2e/x")).statusCode).toBe(404);
  });
});

describe("/boot.ipxe of a machine that goes round in a circle", () => {
  it("is the diagnosis, for that machine alone", async () => {
    await app.close();
    const diagnosisOf = (one: string) => (one === mac ? "#!ipxe\necho why\n" : undefined);
    app = buildMachineApp({ ...rig.deps, diagnosisOf });
    rig.bus.publish({
      kind: "report",
      stage: "x",
      mac: parseMac(mac),
      address: parseIpv4("10.0.0.9"),
    });
    const from = (remoteAddress: string) => app.inject({ url: "/boot.ipxe", remoteAddress });
    expect((await from("10.0.0.9")).body).toBe("#!ipxe\necho why\n");
    expect((await from("10.0.0.10")).body).toMatch(/^#!ipxe\nchain ipxe\?/);
  });
});
