import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BootFact } from "../../src/boot/event.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { openUdp } from "../../src/runtime/udp.ts";
import type { TftpSettings } from "../../src/tftp/deps.ts";
import type { FileSource } from "../../src/tftp/file-source.ts";
import { formatPacket } from "../../src/tftp/packet.ts";
import { openTftpServer } from "../../src/tftp/server.ts";
import { drainMs } from "../../src/tftp/transfer-server.ts";
import type { IpAddress } from "../../src/wire/ip.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseIpv6 } from "../../src/wire/ipv6.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { seededRandom } from "../support/lossy-link.ts";
import { openTftpClient, readRequest } from "../support/tftp-client.ts";

const settings: TftpSettings = {
  blksizeMax: 1468,
  windowMax: 16,
  transfersMax: 4,
  transfersPerClient: 4,
  onLinkOnly: false,
  singlePort: false,
};
const loader = Buffer.alloc(10_000, "not all blocks look the same ");
const files: FileSource = {
  open: async (name) => {
    if (name === "broken") throw new Error("disk is gone");
    return name === "snponly.efi" || name === "empty"
      ? { kind: "file", name, bytes: name === "empty" ? new Uint8Array() : loader }
      : { kind: "missing", reason: `no profile has ${name}` };
  },
};

/** A server on a loopback port, with the facts it published. */
async function serve(
  changes: Partial<TftpSettings> = {},
  addresses: readonly IpAddress[] = [parseIpv4("127.0.0.1")],
) {
  const facts: BootFact[] = [];
  let heard = (): void => {};
  const clock = new FakeClock();
  const server = await openTftpServer(
    {
      links: addresses.map((address) => ({ address })),
      port: 0,
      files,
      settings: { ...settings, ...changes },
      clock,
      log: silentLog,
      publish: (fact) => {
        facts.push(fact);
        heard();
      },
    },
    new AbortController().signal,
  );
  server.serve();
  const published = async (count: number) => {
    while (facts.length < count) await new Promise<void>((resolve) => (heard = resolve));
    return facts;
  };
  return { server, port: server.bound[0]?.port ?? 0, clock, published };
}

it("serves a client that comes by IPv6, and knows it by its address", async () => {
  const { server, published } = await serve({}, [parseIpv6("::1")]);
  await using client = await openUdp({ address: parseIpv6("::1"), port: 0 });
  const first = new Promise<Uint8Array>((resolve) => client.receive(resolve));
  const [bound] = server.bound;
  if (bound === undefined) throw new Error("not bound");
  client.send(formatPacket(readRequest("nothing")), { ...bound, address: parseIpv6("::1") });
  expect(Buffer.from(await first).toString("latin1")).toContain("no profile has nothing");
  expect((await published(1))[0]).toMatchObject({ address: "::1", outcome: "refused" });
  await server[Symbol.asyncDispose]();
});

const modes = [
  { name: "a port for each transfer", singlePort: false },
  { name: "a single port", singlePort: true },
];
describe.each(modes)("a server with $name", ({ singlePort }) => {
  let bench: Awaited<ReturnType<typeof serve>>;
  let client: Awaited<ReturnType<typeof openTftpClient>>;
  beforeEach(async () => {
    bench = await serve({ singlePort });
    client = await openTftpClient();
  });
  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    const closing = bench.server[Symbol.asyncDispose]();
    bench.clock.step(drainMs);
    await closing;
    await bench.server.done;
  });

  it("sends a file and publishes what it took", async () => {
    const got = await client.read("/SNPONLY.efi\xff", bench.port, { blksize: 1468, windowsize: 4 });
    expect(got.equals(loader)).toBe(true);
    const sent = { outcome: "sent", reason: "acknowledged", file: "snponly.efi", retries: 0 };
    expect(await bench.published(1)).toMatchObject([
      { kind: "tftp", ...sent, bytes: loader.length, blksize: 1468, windowsize: 4 },
    ]);
  });

  it("sends an empty file", async () => {
    expect(await client.read("empty", bench.port, { tsize: 0 })).toHaveLength(0);
  });

  it("answers from the port that was asked only in single-port mode", async () => {
    client.send(readRequest("snponly.efi"), bench.port);
    const { from } = await client.next();
    expect(from.address).toBe("127.0.0.1");
    expect(from.port === bench.port).toBe(singlePort);
  });

  it("goes through OVMF's size probe and download from one port", async () => {
    client.send(readRequest("snponly.efi", { tsize: 0, blksize: 1468 }), bench.port);
    const probe = await client.next();
    expect(probe.packet).toMatchObject({ options: [{ name: "blksize" }, { value: "10000" }] });
    client.send({ kind: "error", code: 8, message: "User aborted the transfer" }, probe.from.port);
    const got = await client.read("snponly.efi", bench.port, { blksize: 1468, windowsize: 4 });
    expect(got.equals(loader)).toBe(true);
    expect((await bench.published(2)).map((fact) => "outcome" in fact && fact.outcome)).toEqual([
      "probe",
      "sent",
    ]);
  });

  it("starts over when a probe's abort was lost", async () => {
    client.send(readRequest("snponly.efi", { tsize: 0 }), bench.port);
    await client.next();
    const got = await client.read("snponly.efi", bench.port, { blksize: 1468 });
    expect(got.equals(loader)).toBe(true);
  });

  it("repeats its OACK on the same transfer for the same request", async () => {
    const request = readRequest("snponly.efi", { blksize: 1468 });
    client.send(request, bench.port);
    const first = await client.next();
    client.send(request, bench.port);
    const second = await client.next();
    expect(second.packet).toEqual(first.packet);
    expect(second.from.port).toBe(first.from.port);
  });

  it("sends again by the clock when an ACK is lost", async () => {
    client.send(readRequest("snponly.efi"), bench.port);
    const { from } = await client.next();
    client.send({ kind: "ack", block: 1 }, from.port);
    const second = await client.next();
    bench.clock.step(1000);
    expect((await client.next()).packet).toEqual(second.packet);
  });

  const refused = [
    { name: "shim_certificate.efi", code: 1, text: "no profile has shim_certificate.efi" },
    { name: "../etc/passwd", code: 1, text: "file name leaves the tree" },
    { name: "broken", code: 1, text: "file cannot be read now" },
  ];
  it.each(refused)("says at once why $name cannot be had", async ({ name, code, text }) => {
    client.send(readRequest(name), bench.port);
    expect((await client.next()).packet).toEqual({ kind: "error", code, message: text });
    expect(await bench.published(1)).toMatchObject([{ outcome: "refused", file: name, bytes: 0 }]);
  });

  it("is never written to", async () => {
    const write = { kind: "write-request", name: "x", mode: "octet", options: [] } as const;
    client.send(write, bench.port);
    expect((await client.next()).packet).toMatchObject({ kind: "error", code: 2 });
  });

  it("says busy past its limit and takes new settings", async () => {
    bench.server.replaceSettings({ ...settings, singlePort, transfersMax: 0 });
    await expect(client.read("snponly.efi", bench.port)).rejects.toThrow("0 busy");
    bench.server.replaceSettings({ ...settings, singlePort });
    expect((await client.read("snponly.efi", bench.port)).equals(loader)).toBe(true);
  });

  it("survives any datagram at both ports and still serves", async () => {
    client.send(readRequest("snponly.efi"), bench.port);
    const { from } = await client.next();
    const random = seededRandom(1);
    await using stranger = await openTftpClient();
    for (const port of [bench.port, from.port]) {
      for (let length = 0; length < 60; length += 1) {
        stranger.send(
          Uint8Array.from({ length }, () => random() * 256),
          port,
        );
        stranger.send(
          Uint8Array.from({ length }, () => random() * 8),
          port,
        );
        await nextTurn(); // a flood would only show how much the kernel drops
      }
      stranger.send(formatPacket({ kind: "data", block: 1, bytes: loader }), port);
    }
    await using other = await openTftpClient();
    expect((await other.read("snponly.efi", bench.port)).equals(loader)).toBe(true);
    client.send({ kind: "ack", block: 1 }, from.port);
    expect((await client.next()).packet).toMatchObject({ kind: "data", block: 2 });
  });
});

describe("a server", () => {
  it("tells a stranger so and keeps the transfer", async () => {
    const { server, port } = await serve();
    await using client = await openTftpClient();
    await using stranger = await openTftpClient();
    client.send(readRequest("snponly.efi"), port);
    const { from } = await client.next();
    stranger.send({ kind: "ack", block: 1 }, from.port);
    expect((await stranger.next()).packet).toMatchObject({ kind: "error", code: 5 });
    client.send({ kind: "ack", block: 1 }, from.port);
    expect((await client.next()).packet).toMatchObject({ kind: "data", block: 2 });
    client.send({ kind: "error", code: 0, message: "enough" }, from.port);
    await server[Symbol.asyncDispose]();
  });

  it.each(modes)("tells a client that it stops, by $name", async ({ singlePort }) => {
    const { server, port, clock } = await serve({ singlePort });
    await using client = await openTftpClient();
    client.send(readRequest("snponly.efi"), port);
    await client.next();
    const closing = server[Symbol.asyncDispose]();
    clock.step(drainMs);
    await closing;
    let last = await client.next();
    while (last.packet.kind === "data") last = await client.next(); // sent again meanwhile
    expect(last.packet).toMatchObject({ kind: "error", code: 0 });
  });

  it("finishes an open transfer before it closes", async () => {
    const { server, port } = await serve();
    await using client = await openTftpClient();
    client.send(readRequest("empty"), port);
    const { from } = await client.next();
    const closing = server[Symbol.asyncDispose]();
    client.send({ kind: "ack", block: 1 }, from.port);
    await closing; // the clock stands still: only the last ACK can have ended it
  });

  it("reports a port that is held before anybody is served", async () => {
    const { server, port } = await serve();
    const { signal } = new AbortController();
    const deps = { files, settings, clock: new FakeClock(), log: silentLog, publish: () => {} };
    const second = openTftpServer(
      { ...deps, links: [{ address: parseIpv4("127.0.0.1") }], port },
      signal,
    );
    await expect(second).rejects.toMatchObject({ code: "port.in-use" });
    await server[Symbol.asyncDispose]();
  });
});
