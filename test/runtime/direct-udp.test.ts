import { describe, expect, it } from "vitest";
import { DirectUdp, socketName } from "../../src/runtime/direct-udp.ts";
import { type Libc, loadLibc } from "../../src/runtime/libc.ts";
import { openUdp, type UdpPeer, type UdpSocket } from "../../src/runtime/udp.ts";
import { type IpAddress, parseIp } from "../../src/wire/ip.ts";

const libc = loadLibc();
const families = [
  { family: "IPv4", address: parseIp("127.0.0.1") },
  { family: "IPv6", address: parseIp("::1") },
];

/** What a socket heard, as the texts that were sent; `all` when there are so many. */
function listenTo(socket: UdpSocket<IpAddress>, count: number) {
  const heard: { datagram: Uint8Array; peer: UdpPeer<IpAddress> }[] = [];
  const { promise: all, resolve } = Promise.withResolvers<void>();
  socket.receive((datagram, peer) => {
    if (heard.push({ datagram, peer }) === count) resolve();
  });
  return { heard, all };
}

const open = (address: IpAddress, direct: Libc = libc) => openUdp({ address, port: 0, direct });

describe.each(families)("a socket past dgram, $family", ({ address }) => {
  it("hears all of a burst, in its order, each datagram as it was and from its sender", async () => {
    await using server = await open(address);
    const senders = [await open(address), await open(address)] as const;
    const { heard, all } = listenTo(server, 200);
    const texts = Array.from({ length: 200 }, (_, at) => `${at} `.repeat(at * 3));
    for (const [at, text] of texts.entries()) {
      senders[at % 2 === 0 ? 0 : 1].send(Buffer.from(text), server.local);
    }
    await all; // nothing was read before: all of it waited in the socket
    expect(heard.map(({ datagram }) => Buffer.from(datagram).toString())).toEqual(texts);
    const ports = senders.map(({ local }) => local);
    expect(heard.map(({ peer }) => peer)).toEqual(texts.map((_, at) => ports[at % 2]));
    for (const sender of senders) await sender[Symbol.asyncDispose]();
  });

  it("answers more than one peer", async () => {
    await using server = await open(address);
    server.receive((datagram, peer) => server.send(datagram, peer));
    for (let at = 0; at < 3; at += 1) {
      await using client = await open(address);
      const { heard, all } = listenTo(client, 1);
      client.send(Buffer.of(at), server.local);
      await all;
      expect(heard).toEqual([{ datagram: Buffer.of(at), peer: server.local }]);
    }
  });

  it("leaves to dgram what it has no room for", async () => {
    await using server = await open(address);
    const full = { ...libc, sendto: () => -1, errorName: () => "EAGAIN" };
    await using client = await open(address, full);
    const { heard, all } = listenTo(server, 1);
    client.send(Buffer.from("later"), server.local);
    await all;
    expect(heard[0]?.peer).toEqual(client.local);
  });

  it("tells of a datagram that cannot be sent, and goes on", async () => {
    await using socket = await open(address);
    const errors: string[] = [];
    socket.onError(({ message }) => errors.push(message));
    socket.send(Buffer.alloc(70_000), socket.local); // no datagram is so long
    expect(errors).toEqual([expect.stringMatching(/^send EMSGSIZE /)]);
    const { all } = listenTo(socket, 1);
    socket.send(Buffer.of(1), socket.local);
    await all;
  });
});

it("hands over nothing once its handler has closed it, and sends nothing", async () => {
  const server = await open(parseIp("127.0.0.1"));
  await using client = await open(parseIp("127.0.0.1"));
  let heard = 0;
  const closed = new Promise<void>((resolve) => {
    server.receive((_datagram, peer) => {
      heard += 1;
      void server[Symbol.asyncDispose]().then(resolve);
      server.send(Buffer.of(9), peer);
    });
  });
  for (let at = 0; at < 10; at += 1) client.send(Buffer.of(at), server.local);
  await closed;
  expect(heard).toBe(1);
});

describe("drain", () => {
  it("reads eight full batches a turn, so that a flood leaves the loop to others", () => {
    const turns: (() => void)[] = [];
    let [read, taken] = [0, 0];
    const flood = {
      ...libc,
      receiveMany: (_fd: number, _messages: Uint8Array, count: number) => {
        read += 1;
        return count;
      },
    };
    const name = socketName(parseIp("127.0.0.1"), 0);
    const direct = new DirectUdp({ fd: -1, name, libc: flood }, (task) => turns.push(task));
    const hear = () => direct.drain(() => ++taken > 0);
    for (let message = 0; message < 32; message += 1) hear();
    expect([read, taken, turns.length]).toEqual([8, 128, 1]);
    turns.pop()?.();
    hear();
    expect([read, turns.length]).toEqual([9, 1]);
  });

  it("asks for no turn where fewer wait", () => {
    const turns: (() => void)[] = [];
    const name = socketName(parseIp("::1"), 0);
    const calls = { ...libc, receiveMany: () => 15 };
    const direct = new DirectUdp({ fd: -1, name, libc: calls }, (task) => turns.push(task));
    for (let message = 0; message < 100; message += 1) direct.drain(() => true);
    expect(turns).toEqual([]);
  });
});
