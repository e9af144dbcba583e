import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";
import { isInSandbox } from "../../src/lab/sandbox.ts";
import { onHost, openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";

import { buildMuslResolver, whyNoMusl } from "../support/musl.ts";

const lanAddress = "10.77.0.1";
const rackAddress = "10.78.4.1";
const hosts = ["node1 10.77.0.11 reserved", "node2 10.77.0.12 reserved", "node3 10.77.0.13"];
const support = (file: string) => fileURLToPath(new URL(`../support/${file}`, import.meta.url));

describe.runIf(isInSandbox(process.env))("dns with other people's clients", () => {
  let lan: VirtualLan;
  let closeServer: () => Promise<void>;
  let tell: (rows: readonly string[]) => void;

  beforeAll(async () => {
    lan = await openVirtualLan();
    await lan.addHost("server", `${lanAddress}/24`);
    await execa("ip", ["-n", "server", "addr", "add", `${rackAddress}/22`, "dev", "eth0"]);
    await lan.addHost("client", "10.77.0.99/24");
    await execa("ip", ["-n", "client", "addr", "add", "10.78.4.99/22", "dev", "eth0"]);
    await execa("ip", ["-n", "client", "addr", "add", "10.77.0.98/24", "dev", "eth0"]);
    // A stranger, who reaches us by no subnet that is served.
    await execa("ip", ["-n", "client", "addr", "add", "192.0.2.9/24", "dev", "eth0"]);
    await execa("ip", ["-n", "server", "route", "add", "192.0.2.0/24", "dev", "eth0"]);
    await lan.addHost("secondary", "10.77.0.53/24");
    await lan.addHost("upstream", "10.77.0.54/24");
    const interfaces = [`${lanAddress}/24`, `${rackAddress}/22`];
    const [program = "", ...rest] = onHost("server", [
      process.execPath,
      support("dns-launcher.ts"),
      ...interfaces,
    ]);
    const server = execa(program, rest, { stderr: "inherit" });
    tell = (rows) => server.stdin.write(`${JSON.stringify(rows)}\n`);
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
    ["+bufsize=512 +ignore many.kindling.lan A", "NOERROR", "qr aa tc", "ANSWER: 27"],
    ["+bufsize=1232 +ignore many.kindling.lan A", "NOERROR", "qr aa tc", "ANSWER: 72"],
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

  // `ip netns exec` has a mount namespace of its own, so this shell alone sees the bind.
  const resolveIn = async (directory: string, words: string): Promise<string> => {
    const file = join(directory, "resolv.conf");
    await writeFile(file, `nameserver ${lanAddress}\nsearch kindling.lan\n`);
    return run("sh", "-c", `mount --bind ${file} /etc/resolv.conf && ${words}`);
  };

  it("serves the C library's resolver, by short name and backwards", async () => {
    await using folder = await openFolder();
    const resolve = (query: string) => resolveIn(folder.path, `getent ${query}`);
    expect(await resolve("ahosts node2")).toMatch(/^10\.77\.0\.12 +STREAM/);
    expect(await resolve("hosts 10.77.0.12")).toMatch(/node2\.kindling\.lan$/);
  });

  it("serves musl's resolver, by short name and backwards", async ({ skip }) => {
    const why = await whyNoMusl();
    if (why !== undefined) skip(why);
    await using folder = await openFolder();
    const program = await buildMuslResolver(folder.path);
    const resolve = (word: string) => resolveIn(folder.path, `${program} ${word}`);
    expect(await resolve("node2")).toBe("10.77.0.12"); // and an empty answer to AAAA
    expect(await resolve("shop.apps.kindling.lan")).toBe("10.77.0.13"); // by an alias
    expect(await resolve("10.77.0.12")).toBe("node2.kindling.lan");
    expect(await resolve("nobody.kindling.lan")).toMatch(/does not exist|does not resolve/);
    // Too many for a datagram: musl before 1.2.4 has no TCP, and takes those that came.
    const many = (await resolve("many")).split("\n");
    expect(many.length).toBeGreaterThan(25);
    expect(many.every((address) => address.startsWith("10.77.1."))).toBe(true);
  });

  const clients = [
    { name: "kdig", words: ["+short"], tcp: "+tcp" },
    { name: "drill", words: ["-Q"], tcp: "-t" },
  ] as const;
  it.each(clients)("serves $name, by UDP and TCP", async ({ name, words, tcp }) => {
    const peer = await openPeer(cacheFolder(process.env), name);
    const ask = (...more: string[]) => {
      const library = `LD_LIBRARY_PATH=${peer.env["LD_LIBRARY_PATH"]}`;
      return run("env", library, peer.program, ...words, ...more, `@${lanAddress}`);
    };
    expect(await ask("node1.kindling.lan", "A")).toBe("10.77.0.11");
    expect(await ask(tcp, "node3.kindling.lan", "A")).toBe("10.77.0.13");
    const many = await ask(tcp, "many.kindling.lan", "A");
    expect(many.match(/^10\.77\.1\.\d+$/gm)).toHaveLength(90);
  });

  it("has Knot for a secondary, which follows each change at once", {
    timeout: 60_000,
  }, async () => {
    const knot = await openPeer(cacheFolder(process.env), "knot");
    const folder = await mkdtemp(join(tmpdir(), "kindling-knot-"));
    const zones = ["kindling.lan", "0.77.10.in-addr.arpa"];
    await writeFile(join(folder, "knot.conf"), knotConfig(folder, zones));
    const argv = [knot.program, "-c", join(folder, "knot.conf")];
    const [program = "", ...rest] = onHost("secondary", argv);
    const daemon = execa(program, rest, { env: knot.env, reject: false, all: true });
    const atKnot = (...words: string[]) =>
      run("dig", "+norec", "+short", "+time=1", "+tries=1", "@10.77.0.53", ...words);
    const patience = { timeout: 20_000, interval: 200 };
    try {
      await expect.poll(() => atKnot("node1.kindling.lan"), patience).toBe("10.77.0.11");
      expect(await atKnot("shop.apps.kindling.lan")).toBe("tectonic.kindling.lan.\n10.77.0.13");
      expect(await atKnot("-x", "10.77.0.12")).toBe("node2.kindling.lan.");
      tell([...hosts, "node4 10.77.0.14"]);
      await expect.poll(() => atKnot("node4.kindling.lan"), patience).toBe("10.77.0.14");
      const soas = [
        await atKnot("kindling.lan", "SOA"),
        await dig("+short", "kindling.lan", "SOA"),
      ];
      expect(soas[0]).toBe(soas[1]);
    } finally {
      daemon.kill();
      await daemon;
      tell(hosts);
      await rm(folder, { recursive: true });
    }
  });

  it("looks up the rest of the world for whom it may, and for nobody else", async () => {
    const words = [
      "dnsmasq",
      "-k",
      "--conf-file=/dev/null",
      "--user=root",
      "--group=",
      "--pid-file",
    ];
    const names = [
      "--host-record=www.example.org,192.0.2.1",
      "--host-record=evil.example.org,10.0.0.1",
    ];
    const fixed = ["--no-resolv", "--no-hosts", "--log-facility=-", "--local=/example.org/"];
    const argv = onHost("upstream", [...words, ...fixed, ...names]);
    const upstream = execa(argv[0] ?? "", argv.slice(1), { reject: false });
    const ask = (...more: string[]) =>
      run("dig", "+time=6", "+tries=1", `@${lanAddress}`, "-b", "10.77.0.98", ...more);
    try {
      await expect
        .poll(() => ask("+short", "www.example.org"), { timeout: 15_000 })
        .toBe("192.0.2.1");
      expect(await ask("www.example.org")).toContain("flags: qr rd ra;");
      expect(await ask("+tcp", "+short", "www.example.org")).toBe("192.0.2.1");
      expect(await ask("nobody.example.org")).toContain("status: NXDOMAIN");
      expect(await ask("evil.example.org")).toContain("status: REFUSED");
      expect(await ask("-x", "10.99.0.1")).toContain("status: NXDOMAIN");
      expect(await ask("node1.kindling.lan")).toContain("flags: qr aa rd ra;");
      expect(await dig("+rec", "www.example.org")).toContain("status: REFUSED");
    } finally {
      upstream.kill();
      await upstream;
    }
  });

  it("answers a stranger's flood with what the limit leaves, and tells real ones to come by TCP", async () => {
    const flood = async (from: string) => {
      const words = [support("dns-flood-client.ts"), from, lanAddress, "wide.kindling.lan"];
      const found = JSON.parse(await run(process.execPath, ...words));
      return { ...found, factor: found.bytesOut / found.bytesIn };
    };
    const stranger = await flood("192.0.2.9");
    // 20 a second, and every second one of the others as an empty TC.
    expect(stranger.answers).toBeLessThan(stranger.sent * 0.75);
    expect(stranger.answers).toBeGreaterThan(20);
    expect(stranger.factor, JSON.stringify(stranger)).toBeLessThan(2);
    const own = await flood("10.77.0.99");
    expect(own.answers, "a rack may ask as it likes").toBe(own.sent);
    expect(own.factor, JSON.stringify(own)).toBeGreaterThan(15);
    const tcp = ["+tcp", "+short", "-b", "192.0.2.9", `@${lanAddress}`, "node1.kindling.lan"];
    expect(await run("dig", ...tcp)).toBe("10.77.0.11");
  });

  it("tells cookies that dig and kdig take and send back", async () => {
    const cookieIn = (text: string) => /COOKIE: ([0-9a-f]+)/.exec(text)?.[1] ?? "";
    const first = await dig("+cookie=0102030405060708", "node1.kindling.lan");
    expect(first).toMatch(/COOKIE: 010203040506070801000000[0-9a-f]{24} \(good\)/);
    const again = await dig(`+cookie=${cookieIn(first)}`, "node1.kindling.lan");
    expect(cookieIn(again)).toBe(cookieIn(first));
    const only = await dig("+cookie", "+header-only");
    expect(only).toMatch(/status: NOERROR[\s\S]*COOKIE: [0-9a-f]{48} \(good\)/);
    const { program, env } = await openPeer(cacheFolder(process.env), "kdig");
    const library = `LD_LIBRARY_PATH=${env["LD_LIBRARY_PATH"]}`;
    const kdig = await run(
      "env",
      library,
      program,
      "+cookie",
      `@${lanAddress}`,
      "node1.kindling.lan",
    );
    expect(kdig).toContain("10.77.0.11");
    expect(kdig.replaceAll(/[^0-9a-f]/gi, "")).toMatch(/01000000[0-9a-f]{24}/i);
  });

  it("lets a stranger with a cookie pass a flood in its name", async () => {
    const from = "192.0.2.9";
    const words = [support("dns-flood-client.ts"), from, lanAddress, "wide.kindling.lan"];
    const flood = run(process.execPath, ...words);
    const ask = (...more: string[]) =>
      run("dig", "+tries=9", "+time=1", "-b", from, `@${lanAddress}`, "wide.kindling.lan", ...more);
    const answers = [await ask("+cookie"), await ask("+cookie"), await ask("+cookie")];
    for (const answer of answers) expect(answer).toMatch(/status: NOERROR[\s\S]*ANSWER: 70/);
    for (const answer of answers) expect(answer).toContain("(UDP)");
    await flood;
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

async function openFolder() {
  const path = await mkdtemp(join(tmpdir(), "kindling-dns-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

function knotConfig(folder: string, zones: readonly string[]): string {
  return `server:
    rundir: "${folder}"
    listen: 10.77.0.53@53
database:
    storage: "${folder}"
log:
  - target: stderr
    any: info
remote:
  - id: kindling
    address: ${lanAddress}@53
acl:
  - id: from-kindling
    address: ${lanAddress}
    action: notify
template:
  - id: default
    storage: "${folder}"
    master: kindling
    acl: from-kindling
zone:
${zones.map((zone) => `  - domain: ${zone}`).join("\n")}
`;
}
