import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import type { BootFact } from "../../src/boot/event.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { clientPatienceMs, patienceMs, unprovenPerClient } from "../../src/tftp/admission.ts";
import type { TftpSettings } from "../../src/tftp/deps.ts";
import type { TftpLink } from "../../src/tftp/link.ts";
import { formatPacket } from "../../src/tftp/packet.ts";
import { openTftpServer } from "../../src/tftp/server.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { openTftpClient, readRequest } from "../support/tftp-client.ts";
import { fileOfSize } from "../support/tftp-files.ts";

const settings: TftpSettings = {
  blksizeMax: 1468,
  windowMax: 16,
  transfersMax: 20,
  transfersPerClient: 8,
  onLinkOnly: false,
  singlePort: false,
};
const loader = fileOfSize(3000);

async function serve(changes: Partial<TftpSettings> = {}, link: Partial<TftpLink> = {}) {
  const facts: BootFact[] = [];
  const warnings: string[] = [];
  const clock = new FakeClock();
  const server = await openTftpServer(
    {
      links: [{ address: parseIpv4("127.0.0.1"), ...link }],
      port: 0,
      files: { open: (name) => ({ kind: "file", name, bytes: loader }) },
      settings: { ...settings, ...changes },
      clock,
      log: { ...silentLog, warn: (message) => warnings.push(message) },
      publish: (fact) => facts.push(fact),
    },
    new AbortController().signal,
  );
  server.serve();
  const port = server.bound[0]?.port ?? 0;
  const close = async () => {
    const closing = server[Symbol.asyncDispose]();
    clock.step(60_000);
    await closing;
  };
  return { server, port, clock, facts, warnings, [Symbol.asyncDispose]: close };
}

/** A sender that asks and never says another word; tells how many bytes it was sent. */
async function openMute(address: string) {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  let bytes = 0;
  socket.on("message", (datagram) => {
    bytes += datagram.length;
  });
  const tell = (name: string, port: number) =>
    socket.send(formatPacket(readRequest(name)), port, "127.0.0.1");
  return {
    tell,
    async ask(name: string, port: number) {
      const answered = once(socket, "message");
      tell(name, port);
      await answered;
    },
    bytes: () => bytes,
    [Symbol.dispose]: () => void socket.close(),
  };
}

const modes = [{ singlePort: false }, { singlePort: true }];
describe.each(modes)("a server with singlePort $singlePort", ({ singlePort }) => {
  it("serves a machine that is there in a flood of senders that are not", async () => {
    await using bench = await serve({ singlePort });
    await using client = await openTftpClient();
    using stack = new DisposableStack();
    const addresses = Array.from({ length: 200 }, (_, index) => `127.0.1.${index + 1}`);
    const mutes = await Promise.all(addresses.map(openMute));
    for (const mute of mutes) await stack.use(mute).ask("loader", bench.port);
    // All places are taken by senders that may answer yet.
    await expect(client.read("loader", bench.port)).rejects.toThrow("0 busy");
    bench.clock.step(patienceMs);
    expect((await client.read("loader", bench.port)).equals(loader)).toBe(true);
    expect(bench.facts.filter(({ kind }) => kind === "tftp")).toContainEqual(
      expect.objectContaining({ outcome: "failed", reason: "displaced" }),
    );
    expect(bench.warnings).toEqual(["tftp requests turned away"]);
  });

  it("sends an address that answers nothing one block for each request", async () => {
    await using bench = await serve({ singlePort });
    using mute = await openMute("127.0.1.1");
    await mute.ask("loader", bench.port);
    bench.clock.step(60_000);
    await mute.ask("other", bench.port); // a new transfer: whatever was sent for the old one is here
    expect(mute.bytes()).toBe(2 * 516);
  });

  it("sends an address that answers nothing so many blocks, and serves its neighbours", async () => {
    await using bench = await serve({ singlePort, transfersMax: 90, transfersPerClient: 80 });
    using stack = new DisposableStack();
    const mutes = await Promise.all(Array.from({ length: 40 }, () => openMute("127.0.1.1")));
    for (const mute of mutes.slice(0, unprovenPerClient))
      await stack.use(mute).ask("x", bench.port);
    for (const mute of mutes.slice(unprovenPerClient)) stack.use(mute).tell("x", bench.port);
    await using client = await openTftpClient();
    expect((await client.read("loader", bench.port)).equals(loader)).toBe(true);
    const bytes = mutes.reduce((sum, mute) => sum + mute.bytes(), 0);
    expect(bytes).toBe(unprovenPerClient * 516);
    expect(bench.warnings).toEqual(["tftp requests turned away"]);
    bench.clock.step(60_000); // those are given up
    using late = await openMute("127.0.1.1");
    await late.ask("x", bench.port);
  });

  it("serves a machine behind the address of senders that are not there", async () => {
    await using bench = await serve({ singlePort, transfersMax: 90, transfersPerClient: 80 });
    using stack = new DisposableStack();
    const mutes = await Promise.all(
      Array.from({ length: unprovenPerClient }, () => openMute("127.0.0.1")),
    );
    for (const mute of mutes) await stack.use(mute).ask("x", bench.port);
    bench.clock.step(clientPatienceMs);
    await using client = await openTftpClient();
    expect((await client.read("loader", bench.port)).equals(loader)).toBe(true);
    const displaced = bench.facts.filter((fact) => "reason" in fact && fact.reason === "displaced");
    expect(displaced).toHaveLength(1);
    expect(bench.warnings).toEqual([]);
  });
});

describe("a server", () => {
  it("turns away one address and serves the others", async () => {
    await using bench = await serve({ transfersPerClient: 2 });
    using one = await openMute("127.0.1.1");
    using two = await openMute("127.0.1.1");
    using three = await openMute("127.0.1.1");
    for (const mute of [one, two, three]) await mute.ask("loader", bench.port);
    expect([one, two].map((mute) => mute.bytes())).toEqual([516, 516]);
    expect(three.bytes()).toBeLessThan(100);
    expect(bench.facts).toMatchObject([{ outcome: "refused", reason: "client-busy" }]);
    await using client = await openTftpClient();
    expect((await client.read("loader", bench.port)).equals(loader)).toBe(true);
  });

  it("says nothing to an address off the link when it is told so", async () => {
    await using bench = await serve({ onLinkOnly: true }, { subnet: parseSubnet("10.0.0.0/24") });
    await using client = await openTftpClient();
    client.send(readRequest("../off"), bench.port);
    client.send({ kind: "write-request", name: "off", mode: "octet", options: [] }, bench.port);
    client.send(readRequest("off"), bench.port);
    await bench.server[Symbol.asyncDispose](); // reads what came, and has nothing to finish
    expect(bench.facts).toEqual([]);
  });

  it("grants no block that the link would cut", async () => {
    await using bench = await serve({}, { mtu: 1000 });
    await using client = await openTftpClient();
    client.send(readRequest("loader", { blksize: 1468 }), bench.port);
    expect((await client.next()).packet).toMatchObject({ options: [{ value: "968" }] });
  });

  it("serves by the request port while it has no descriptors left", {
    timeout: 60_000,
  }, async () => {
    const script = join(import.meta.dirname, "../support/serve-tftp.ts");
    const words = [process.execPath, script, "127.0.0.1", "0", "own", "3000"];
    const child = spawn("sh", ["-c", 'ulimit -n 60; exec "$@"', "sh", ...words]);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const line = async () => JSON.parse((await lines.next()).value ?? "{}");
    const { port } = await line();
    using stack = new DisposableStack();
    for (let count = 1; count <= 60; count += 1) {
      await stack.use(await openMute(`127.0.1.${count}`)).ask("3000.bin", port);
    }
    expect(await line()).toMatchObject({ errno: "EMFILE", times: 1 });
    await using client = await openTftpClient();
    client.send(readRequest("3000.bin"), port);
    const { from } = await client.next();
    expect(from.port).toBe(port);
    client.send({ kind: "error", code: 0, message: "enough" }, from.port);
    expect((await client.read("3000.bin", port)).equals(fileOfSize(3000))).toBe(true);
    child.kill("SIGTERM");
    await once(child, "exit");
  });
});
