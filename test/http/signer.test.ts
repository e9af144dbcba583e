import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildMachineApp } from "../../src/http/app.ts";
import { openSigner } from "../../src/http/signer.ts";
import { type Gpg, openGpg } from "../support/gpg.ts";
import { openHttpRig } from "../support/http-rig.ts";

let gpg: Gpg;
let ring: string;
beforeAll(async () => {
  gpg = await openGpg("test");
  ring = await gpg.exportKey("binary");
}, 30_000);
afterAll(() => gpg[Symbol.asyncDispose]());

describe("a signature", () => {
  it.each([
    { name: "lines", body: "#!ipxe\nboot\n" },
    { name: "CRLF lines", body: "#cloud-config\r\na: b\r\n" },
    { name: "blanks at ends of lines", body: "initrd \nboot\t\n" },
    { name: "no line end", body: "grün" },
    { name: "nothing", body: "" },
  ])("of $name is good to gpg", async ({ body }) => {
    const signer = await openSigner(ring, "test");
    const bytes = Buffer.from(body);
    for (const sign of [signer.binary, signer.armored]) {
      const { good, said } = await gpg.verify(await sign(bytes), bytes);
      expect(said).toContain("textmode signature, digest algorithm SHA256");
      expect(good).toBe(true);
    }
    expect((await gpg.verify(await signer.binary(bytes), Buffer.from("another"))).good).toBe(false);
  });

  it("is armored without a version and without a last line end", async () => {
    const signer = await openSigner(ring, "test");
    const text = (await signer.armored(Buffer.from("x"))).toString();
    expect(text).toMatch(/^-----BEGIN PGP SIGNATURE-----\n\n[^:]*\n-----END PGP SIGNATURE-----$/);
  });

  it("is never made of bytes that are no text", async () => {
    const signer = await openSigner(ring, "test");
    await expect(signer.binary(Buffer.from([0xff]))).rejects.toThrow("not UTF-8");
  });
});

describe("a key ring is refused", () => {
  it.each([
    { name: "without a passphrase", passphrase: "", why: /set KINDLING_PASSPHRASE/ },
    { name: "with a wrong one", passphrase: "no", why: /does not open/ },
  ])("$name", async ({ passphrase, why }) => {
    await expect(openSigner(ring, passphrase)).rejects.toThrow(why);
  });

  it.each([
    { name: "armored", make: () => gpg.exportKey("armored"), why: /binary ring/ },
    { name: "absent", make: async () => join(gpg.folder, "gone"), why: /ENOENT/ },
    {
      name: "empty",
      make: async () => {
        await writeFile(join(gpg.folder, "empty"), "");
        return join(gpg.folder, "empty");
      },
      why: /key/,
    },
  ])("that is $name", async ({ make, why }) => {
    const refused = openSigner(await make(), "test");
    await expect(refused).rejects.toMatchObject({ code: "signing.unusable" });
    await expect(refused).rejects.toThrow(why);
  });
});

describe("signature routes", () => {
  it("sign what the route says, refusals and parts too", async () => {
    await using rig = await openHttpRig();
    const app = buildMachineApp({ ...rig.deps, signer: await openSigner(ring, "test") });
    await rig.write("groups/g.json", { profile: "p", selector: { os: "x" } });
    await rig.write("profiles/p.json", { id: "p", generic_id: "g", boot: { kernel: "/k" } });
    await rig.write("generic/g", "0123456789");
    const rows = [
      { path: "/ipxe", query: "?os=x", status: 200 },
      { path: "/ipxe", query: "", status: 404 },
      { path: "/boot.ipxe.0", query: "", status: 200 },
      { path: "/metadata", query: "?os=x", status: 200 },
      { path: "/generic", query: "?os=x", status: 206, headers: { range: "bytes=2-4" } },
    ];
    for (const { path, query, status, headers = {} } of rows) {
      const plain = await app.inject({ url: `${path}${query}`, headers });
      for (const [ending, type] of [
        [".sig", "application/octet-stream"],
        [".asc", "text/plain; charset=utf-8"],
      ]) {
        const signed = await app.inject({ url: `${path}${ending}${query}`, headers });
        expect([signed.statusCode, signed.headers["content-type"]]).toEqual([status, type]);
        expect(signed.headers["content-length"]).toBe(String(signed.rawPayload.length));
        expect((await gpg.verify(signed.rawPayload, plain.rawPayload)).good).toBe(true);
      }
    }
    expect(rig.events.filter(({ kind }) => kind === "plan")).toHaveLength(1);
    expect((await app.inject("/assets/x.sig")).statusCode).toBe(404);
    await app.close();
  });

  it("are not there without a key", async () => {
    await using rig = await openHttpRig();
    const app = buildMachineApp(rig.deps);
    expect((await app.inject("/boot.ipxe.sig")).statusCode).toBe(404);
    await app.close();
  });
});
