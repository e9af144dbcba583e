import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  appendFile,
  type FileHandle,
  mkdtemp,
  open,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type KernelOrder, kernelPump, type OpenFile } from "../../src/http/kernel-pump.ts";
import type { PumpEnd } from "../../src/http/pump.ts";
import { sliceBytes } from "../../src/http/send-step.ts";
import { Transfers } from "../../src/http/transfers.ts";

const body = randomBytes(48 << 20);
/** What each way of sending moved: by the loop, by a thread, and how often Node was asked. */
let moved = { now: 0, later: 0, calls: 0 };
let transfers: Transfers;
let folder = "";
let handle: FileHandle;
let ends: Promise<PumpEnd>[] = [];
let range = { first: 0, last: body.length - 1 };
let isUnchanged: OpenFile["isUnchanged"] = async () => true;
let pastNode = 0;

const server = createServer({ noDelay: true }, (_request, response) => {
  const order: KernelOrder = { ...range, transfers };
  response.writeHead(200, { "content-length": range.last - range.first + 1 });
  response.once("close", () => {
    pastNode = transfers.pastNode(response);
  });
  ends.push(kernelPump(response, { handle, isUnchanged: () => isUnchanged() }, order));
});
server.timeout = 1000;
let socket: Socket;

beforeEach(async () => {
  transfers = new Transfers();
  watch(transfers);
  [ends, range, isUnchanged] = [[], { first: 0, last: body.length - 1 }, async () => true];
  folder = await mkdtemp(join(tmpdir(), "kindling-kernel-"));
  await writeFile(join(folder, "file"), body);
  handle = await open(join(folder, "file"));
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
  await Promise.all(ends);
  await handle.close();
  await rm(folder, { recursive: true });
});

function watch({ files }: Transfers): void {
  moved = { now: 0, later: 0, calls: 0 };
  const { send, sendLater } = files;
  files.send = (...args) => {
    const sent = send.apply(files, args);
    moved = { ...moved, now: moved.now + sent, calls: moved.calls + 1 };
    return sent;
  };
  files.sendLater = async (...args) => {
    const sent = await sendLater.apply(files, args);
    moved = { ...moved, later: moved.later + sent, calls: moved.calls + 1 };
    return sent;
  };
}

const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const lastRequest = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

async function received(): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part);
  return Buffer.concat(parts);
}

const bodyOf = (answer: Buffer) => answer.subarray(answer.indexOf("\r\n\r\n") + 4);

describe("a file", () => {
  it("arrives whole, nearly all of it past Node", async () => {
    socket.write(lastRequest);
    expect(bodyOf(await received()).equals(body)).toBe(true);
    expect(await Promise.all(ends)).toEqual(["sent"]);
    expect(moved.now + moved.later).toBe(pastNode);
    expect(pastNode).toBeGreaterThan(body.length * 0.9);
  });

  it.each([
    { first: 5, last: 1 << 20 },
    { first: 0, last: sliceBytes },
    { first: body.length - 3 * sliceBytes - 1, last: body.length - 1 },
    { first: 7, last: 7 },
  ])("arrives from $first to $last", async ({ first, last }) => {
    range = { first, last };
    socket.write(lastRequest);
    expect(bodyOf(await received()).equals(body.subarray(first, last + 1))).toBe(true);
  });

  it("goes by a thread where it is not in memory, and arrives as whole", async () => {
    transfers.files.isResident = () => false;
    socket.write(lastRequest);
    expect(bodyOf(await received()).equals(body)).toBe(true);
    expect(moved.now).toBe(0);
    expect(moved.later).toBeGreaterThan(body.length * 0.9);
  });

  it("goes through Node alone where the kernel sends nothing of it", async () => {
    transfers.files.send = () => 0;
    transfers.files.sendLater = async () => 0;
    range = { first: 1, last: 2 << 20 };
    socket.write(lastRequest);
    expect(bodyOf(await received()).equals(body.subarray(1, (2 << 20) + 1))).toBe(true);
  });

  it("is answered in the order of the requests, on a connection that stays", async () => {
    range = { first: 0, last: 4 << 20 };
    socket.write(request + request + lastRequest);
    const all = await received();
    const head = all.indexOf("\r\n\r\n") + 4;
    const one = head + (4 << 20) + 1;
    expect(all.subarray(head, one).equals(body.subarray(0, (4 << 20) + 1))).toBe(true);
    expect(all.subarray(one, one + 15).toString()).toBe("HTTP/1.1 200 OK");
    const last = all.lastIndexOf("HTTP/1.1 200 OK");
    expect(last).toBe(2 * one);
    expect(bodyOf(all.subarray(last)).equals(body.subarray(0, (4 << 20) + 1))).toBe(true);
    expect(await Promise.all(ends)).toEqual(["sent", "sent", "sent"]);
  });
});

describe("a client", () => {
  it("that does not read is waited for, and nothing turns meanwhile", async () => {
    socket.pause();
    socket.write(lastRequest);
    await once(socket, "readable");
    let calls = -1;
    for (let before = calls; calls === -1 || calls > before; calls = moved.calls) {
      before = moved.calls;
      for (let turn = 0; turn < 100; turn += 1) await nextTurn();
    }
    expect(moved.calls).toBeLessThan(60);
    expect(bodyOf(await received()).equals(body)).toBe(true);
  });

  it("that leaves ends the sending", async () => {
    socket.pause();
    socket.write(request);
    await once(socket, "readable");
    socket.destroy();
    expect(await Promise.all(ends)).toEqual(["client-gone"]);
    expect(pastNode).toBeLessThan(body.length);
  });

  it("that resets the connection ends the sending", async () => {
    socket.once("data", () => socket.resetAndDestroy());
    socket.write(request);
    await once(socket, "close");
    expect(await Promise.all(ends)).toEqual(["client-gone"]);
  });

  it("that stalls for good is given up by the server", async () => {
    socket.pause();
    socket.write(request);
    await once(socket, "readable");
    expect(await Promise.all(ends)).toEqual(["client-gone"]);
  });
});

describe("a connection ends without the last byte", () => {
  const cases = [
    { name: "when the file was cut short", change: () => truncate(join(folder, "file"), 30 << 20) },
    { name: "when the file was emptied", change: () => writeFile(join(folder, "file"), "") },
    {
      name: "when the file has another content now",
      change: async () => {
        await appendFile(join(folder, "file"), "more");
        isUnchanged = async () => false;
      },
    },
    {
      name: "when nobody can tell whether it has",
      change: async () => {
        isUnchanged = () => Promise.reject(new Error("stale handle"));
      },
    },
  ];
  it.each(cases)("$name", async ({ change }) => {
    socket.pause();
    socket.write(request);
    await once(socket, "readable");
    await change();
    const got = await received().catch(() => Buffer.alloc(0));
    expect(bodyOf(got).length).toBeLessThan(body.length);
    expect(await Promise.all(ends)).toEqual(["file-cut"]);
  });
});
