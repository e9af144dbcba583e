import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runLine } from "../support/cli.ts";
import { startMatchbox } from "../support/matchbox-process.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-matchbox-"));
  await mkdir(join(folder, "groups"));
  await writeFile(join(folder, "groups/g.json"), '{"metadata": {"a": "b"}}');
});
afterEach(() => rm(folder, { recursive: true }));

describe("kindling matchbox", () => {
  it("serves a folder as matchbox does", async () => {
    await using server = await startMatchbox(folder, "-assets-path", "");
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
        redirect: "manual",
      });
      return [response.status, await response.text()];
    };
    expect(await ask("/")).toEqual([200, "matchbox\n"]);
    expect(await ask("/metadata")).toEqual([200, "A=b\nREQUEST_RAW_QUERY=\n"]);
    expect(await ask("/assets/")).toEqual([404, "404 page not found\n"]);
    expect((await ask("//ipxe"))[0]).toBe(301);
    await mkdir(join(folder, "profiles"));
    await mkdir(join(folder, "ignition"));
    await writeFile(join(folder, "groups/g.json"), '{"profile": "p"}');
    await writeFile(join(folder, "profiles/p.json"), '{"id": "p", "ignition_id": "p.ign"}');
    await writeFile(join(folder, "ignition/p.ign"), '{"ignition": {"version": "3.1.0"}}');
    const [status, ignition] = await ask("/ignition");
    expect(status).toBe(200);
    expect(ignition).toContain('"version":"3.4.0"},"kernelArguments":{}');
  }, 20_000);

  it("serves HTTPS with its own certificate, files too, and unclean paths if told to", async () => {
    const [cert, key] = [join(folder, "crt"), join(folder, "key")];
    const subject = ["-subj", "/CN=127.0.0.1", "-days", "1", "-nodes", "-newkey", "rsa:2048"];
    await execa("openssl", ["req", "-x509", ...subject, "-keyout", key, "-out", cert]);
    const tls = ["-web-ssl", "-web-cert-file", cert, "-web-key-file", key];
    const file = randomBytes(3 << 20);
    await mkdir(join(folder, "files"));
    await writeFile(join(folder, "files/root.img"), file);
    const files = ["-assets-path", join(folder, "files")];
    await using server = await startMatchbox(folder, ...files, "-compat=answer", ...tls);
    const flags = ["-sS", "--path-as-is", "--tlsv1.2", "--cacert", cert];
    const asked = await execa("curl", [...flags, `https://127.0.0.1:${server.port}//boot.ipxe`]);
    expect(asked.stdout).toContain("#!ipxe");
    const origin = `https://127.0.0.1:${server.port}`;
    const fetched = join(folder, "fetched");
    await execa("curl", [...flags, "-o", fetched, `${origin}/assets/root.img`]);
    expect((await readFile(fetched)).equals(file)).toBe(true);
    const plain = get({ port: server.port, path: "/" });
    await expect(once(plain, "response")).rejects.toThrow();
  }, 20_000);
});

describe("kindling matchbox with gRPC", () => {
  it("serves at once what a client puts", async () => {
    const tls = join(folder, "tls");
    const file = (name: string) => join(tls, name);
    expect((await runLine(["tls", "init", "--folder", tls])).exit).toBe(0);
    const own = ["-cert-file", file("server.crt"), "-key-file", file("server.key")];
    const rpc = ["-rpc-address=127.0.0.1:0", "-ca-file", file("ca.crt"), ...own];
    await using server = await startMatchbox(folder, "-assets-path", "", ...rpc);
    const profile = join(folder, "p.json");
    await writeFile(profile, '{"id": "p", "boot": {"kernel": "/k"}}');
    await writeFile(join(folder, "h.json"), '{"id": "g", "profile": "p"}');
    const flags = [
      ...["--endpoints", `127.0.0.1:${server.rpcPort}`, "--ca-file", file("ca.crt")],
      ...["--cert-file", file("client.crt"), "--key-file", file("client.key")],
    ];
    expect(await runLine(["profile", "put", profile, ...flags])).toMatchObject({ exit: 0 });
    const group = ["group", "put", join(folder, "h.json"), ...flags];
    expect(await runLine(group)).toMatchObject({ exit: 0 });
    const answer = await fetch(`http://127.0.0.1:${server.port}/ipxe`);
    expect(await answer.text()).toBe("#!ipxe\nkernel /k\nboot\n");
  }, 30_000);
});

describe("kindling matchbox does not start", () => {
  it.each([
    { name: "with a flag that is none", argv: ["-nonsense"], exit: 2, error: "not defined" },
    { name: "without its data", argv: ["-data-path=/nowhere"], exit: 1, error: "-data-path: want" },
    { name: "at no address", argv: ["-address=::1"], exit: 1, error: "-address: want" },
    {
      name: "at an unknown level",
      argv: ["-log-level=notice"],
      exit: 1,
      error: "-log-level: want",
    },
    {
      name: "with gRPC at no address",
      argv: ["-rpc-address=x"],
      exit: 1,
      error: "-rpc-address: want",
    },
    {
      name: "with gRPC and no certificates",
      argv: ["-rpc-address=:0", "-ca-file=/gone.crt"],
      exit: 1,
      error: "make a set with `kindling tls init`",
    },
    { name: "without its key ring", argv: ["-key-ring-path=/gone"], exit: 1, error: "key ring" },
    { name: "without its certificate", argv: ["-web-ssl"], exit: 1, error: "-web-cert-file: want" },
  ])("$name", async ({ argv, exit, error }) => {
    const defaults = ["-data-path", folder, "-assets-path=", "-address=127.0.0.1:0"];
    const got = await runLine(["matchbox", ...defaults, ...argv]);
    expect(got).toMatchObject({ exit, out: "" });
    expect(got.error).toContain(error);
  });

  it("to tell its version or its flags", async () => {
    expect(await runLine(["matchbox", "-version"])).toMatchObject({ exit: 0, out: "9.9.9\n" });
    expect((await runLine(["matchbox", "-help"])).out).toContain("-rpc-address");
  });
});
