import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PumpEnd, pump } from "../../src/http/pump.ts";
import { SendTurns } from "../../src/http/send-turns.ts";

const body = randomBytes(24 << 20);
const turns = new SendTurns(setImmediate);
let ends: Promise<PumpEnd>;
let offsets: number[] = [];
let readsUpTo = body.length;
let isUnchanged = async () => true;

const reader = () => ({
  async read(offset: number, end: number) {
    offsets.push(offset);
    if (offset >= readsUpTo) throw new Error("the disk is gone");
    return body.subarray(offset, Math.min(end, offset + (1 << 20)));
  },
});

const server = createServer((_request, response) => {
  response.writeHead(200, { "content-length": body.length });
  ends = pump(response, reader(), { first: 0, last: body.length - 1, turns, isUnchanged });
});
let socket: Socket;

beforeEach(async () => {
  [offsets, readsUpTo, isUnchanged] = [[], body.length, async () => true];
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // proven: it listens on TCP
  socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => {});
});
afterEach(async () => {
  socket.destroy();
  server.close();
  await once(server, "close");
});

async function received(): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part);
  const all = Buffer.concat(parts);
  return all.subarray(all.indexOf("\r\n\r\n") + 4);
}

const ask = () => socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

describe("pump", () => {
  it("sends every byte, reading each once", async () => {
    ask();
    expect((await received()).equals(body)).toBe(true);
    expect(await ends).toBe("sent");
    expect(offsets).toEqual(Array.from({ length: 24 }, (_, at) => at << 20));
  });

  it("waits for a client that does not read, and stops when it leaves", async () => {
    socket.pause();
    ask();
    await once(socket, "readable");
    socket.destroy();
    expect(await ends).toBe("client-gone");
    expect(offsets.length).toBeLessThan(24);
  });

  it("ends the connection where the file ends too soon", async () => {
    readsUpTo = 5 << 20;
    ask();
    const got = await received().catch(() => Buffer.alloc(0));
    expect(got.length).toBeLessThan(body.length);
    expect(await ends).toBe("file-cut");
  });

  it.each([
    { name: "has another content now", answer: async () => false },
    { name: "cannot be looked at", answer: () => Promise.reject(new Error("stale handle")) },
  ])("ends the connection without the last part of a file that $name", async ({ answer }) => {
    isUnchanged = answer;
    ask();
    const got = await received().catch(() => Buffer.alloc(0));
    expect(got.length).toBeLessThan(body.length);
    expect(await ends).toBe("file-cut");
  });
});
