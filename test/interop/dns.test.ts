import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isInSandbox } from "../../src/lab/sandbox.ts";
import { onHost, openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";

const lanAddress = "10.77.0.1";
const rackAddress = "10.78.4.1";
const support = (file: string) => fileURLToPath(new URL(`../support/${file}`, import.meta.url));

describe.runIf(isInSandbox(process.env))("dns with other people's clients", () => {
  let lan: VirtualLan;
  let closeServer: () => Promise<void>;

  beforeAll(async () => {
    lan = await openVirtualLan();
    await lan.addHost("server", `${lanAddress}/24`);
    await execa("ip", ["-n", "server", "addr", "add", `${rackAddress}/22`, "dev", "eth0"]);
    await lan.addHost("client", "10.77.0.99/24");
    await execa("ip", ["-n", "client", "addr", "add", "10.78.4.99/22", "dev", "eth0"]);
    const interfaces = [`${lanAddress}/24`, `${rackAddress}/22`];
    const [program = "", ...rest] = onHost("server", [
      process.execPath,
      support("dns-launcher.ts"),
      ...interfaces,
    ]);
    const server = execa(program, rest, { stderr: "inherit" });
    closeServer = async () => {
      server.stdin.end();
      await server;
    };
    await once(server.stdout, "data");
  });

  afterAll(async () => {
    await closeServer();
    await lan[Symbol.asyncDispose]();
  });

  const run = async (...argv: string[]): Promise<string> => {
    const [program = "", ...rest] = onHost("client", argv);
    return (await execa(program, rest, { reject: false })).stdout;
  };
  const dig = (...words: string[]) =>
    run("dig", "+norec", "+time=2", "+tries=1", `@${lanAddress}`, ...words);

  it.each([
    ["node1.kindling.lan A", "10.77.0.11"],
    ["node3.kindling.lan A", "10.77.0.13"],
    ["provisioner.kindling.lan A", lanAddress],
    ["tectonic.kindling.lan A", "10.77.0.13"],
    ["shop.apps.kindling.lan A", "tectonic.kindling.lan.\n10.77.0.13"],
    ["-x 10.77.0.11", "node1.kindling.lan."],
    ["-x 10.78.4.1", "provisioner.kindling.lan."],
    ["kindling.lan NS", "provisioner.kindling.lan."],
    ["0.77.10.in-addr.arpa NS", "provisioner.kindling.lan."],
    ["rack.kindling.lan TXT", '"row 4"'],
    ["_etcd-server._tcp.kindling.lan SRV", "0 0 2380 node1.kindling.lan."],
    ["node1.kindling.lan ANY", '"RFC8482" ""'],
    ["+tcp node1.kindling.lan A", "10.77.0.11"],
    ["+noedns node1.kindling.lan A", "10.77.0.11"],
    ["+cookie +nsid +subnet=10.77.0.0/24 node1.kindling.lan A", "10.77.0.11"],
  ])("dig %s gives what the zone holds", async (question, want) =>
    expect(await dig("+short", ...question.split(" "))).toBe(want),
  );

  it.each([
    ["node1.kindling.lan A", "NOERROR", "qr aa", "ANSWER: 1, AUTHORITY: 0"],
    ["node1.kindling.lan AAAA", "NOERROR", "qr aa", "ANSWER: 0, AUTHORITY: 1"],
    ["node1.kindling.lan HTTPS", "NOERROR", "qr aa", "ANSWER: 0, AUTHORITY: 1"],
    ["apps.kindling.lan A", "NOERROR", "qr aa", "ANSWER: 0, AUTHORITY: 1"],
    ["node9.kindling.lan A", "NXDOMAIN", "qr aa", "ANSWER: 0, AUTHORITY: 1"],
    ["-x 10.77.0.200", "NXDOMAIN", "qr aa", "ANSWER: 0, AUTHORITY: 1"],
    ["+rec node1.kindling.lan A", "NOERROR", "qr aa rd", "ANSWER: 1, AUTHORITY: 0"],
    ["example.org A", "REFUSED", "qr", "ANSWER: 0, AUTHORITY: 0"],
    ["-c CH version.bind TXT", "REFUSED", "qr", "ANSWER: 0, AUTHORITY: 0"],
    ["+edns=1 +noednsneg node1.kindling.lan A", "BADVERS", "qr", "ANSWER: 0, AUTHORITY: 0"],
    ["+opcode=notify kindling.lan SOA", "NOTIMP", "qr", ""],
    ["+bufsize=512 +ignore many.kindling.lan A", "NOERROR", "qr aa tc", "ANSWER: 0"],
    ["+bufsize=1232 +ignore many.kindling.lan A", "NOERROR", "qr aa tc", "ANSWER: 0"],
    ["+bufsize=512 many.kindling.lan A", "NOERROR", "qr aa", "ANSWER: 90"],
  ])("dig %s: %s, %s, %s", async (question, rcode, flags, counts) => {
    const output = await dig(...question.split(" "));
    expect(output).toContain(`status: ${rcode},`);
    expect(output).toContain(`flags: ${flags};`);
    expect(output).toContain(counts);
  });

  it("answers EDNS with our size, and without DO", async () => {
    const output = await dig("+dnssec", "node1.kindling.lan");
    expect(output).toContain("EDNS: version: 0, flags:; udp: 1232");
  });

  it("repeats the letters a client asked with", async () => {
    expect(await dig("nODe1.KindLING.lan")).toMatch(/^nODe1\.KindLING\.lan\.\s+300\s+IN\s+A/m);
  });

  it("has the SOA that resolvers cache a no by", async () => {
    const words = (await dig("+short", "kindling.lan", "SOA")).split(" ");
    const [serial = "", ...times] = words.slice(2);
    expect(Math.abs(Number(serial) - Date.now() / 1000)).toBeLessThan(120);
    expect(times).toEqual(["3600", "600", "1209600", "60"]);
  });

  it("transfers its zones to nobody", async () => {
    expect(await dig("kindling.lan", "AXFR")).toContain("Transfer failed");
  });

  it("gives its own name the address of the subnet that asks", async () => {
    const question = ["+short", `@${rackAddress}`, "provisioner.kindling.lan"];
    expect(await run("dig", ...question)).toBe(rackAddress);
  });

  it("spreads the controllers over their name", async () => {
    const one = async () => (await dig("+short", "controller.kindling.lan")).split("\n");
    const [first, second] = [await one(), await one()];
    expect([...first].sort()).toEqual(["10.77.0.11", "10.77.0.12"]);
    expect(second).toEqual([...first].reverse());
  });

  it("serves the C library's resolver, by short name and backwards", async () => {
    // `ip netns exec` runs in a mount namespace of its own, so the bind is seen by this shell alone.
    const directory = await mkdtemp(join(tmpdir(), "kindling-dns-"));
    const file = join(directory, "resolv.conf");
    await writeFile(file, `nameserver ${lanAddress}\nsearch kindling.lan\n`);
    const resolve = (query: string) =>
      run("sh", "-c", `mount --bind ${file} /etc/resolv.conf && getent ${query}`);
    try {
      expect(await resolve("ahosts node2")).toMatch(/^10\.77\.0\.12 +STREAM/);
      expect(await resolve("hosts 10.77.0.12")).toMatch(/node2\.kindling\.lan$/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("serves the npm client dns2", async () => {
    const output = await run(
      process.execPath,
      support("dns2-client.ts"),
      lanAddress,
      "node1.kindling.lan",
    );
    expect(JSON.parse(output)).toEqual(["10.77.0.11"]);
  });
});
