import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { type FileHandle, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileToSocket } from "../../src/runtime/file-to-socket.ts";
import { loadLibc } from "../../src/runtime/libc.ts";

const content = randomBytes(16 << 20);
const files = new FileToSocket();
let folder = "";
let file: FileHandle;
let server: ReturnType<typeof createServer>;
let far: Socket;
let near: Socket;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-send-"));
  await writeFile(join(folder, "file"), content);
  file = await open(join(folder, "file"));
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  [near, far] = await openPair();
});
afterEach(async () => {
  for (const socket of [near, far]) socket.destroy();
  server.close();
  await file.close();
  await rm(folder, { recursive: true });
});

async function openPair(): Promise<[Socket, Socket]> {
  // proven: it listens on TCP
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [[accepted]] = await Promise.all([once(server, "connection"), once(socket, "connect")]);
  socket.pause();
  return [accepted.on("error", () => {}), socket.on("error", () => {})];
}

async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let got = 0;
  for await (const part of socket) {
    parts.push(part);
    got += part.length;
    if (got >= count) break;
  }
  return Buffer.concat(parts);
}

describe.each(["send", "sendLater"] as const)("%s", (call) => {
  it("moves bytes from the file to the socket, as many as it takes", async () => {
    let at = 1000;
    for (let sent = 1; sent > 0; at += sent) sent = await files[call](near, file, at, 4 << 20);
    expect(at).toBeGreaterThan(1000);
    expect(at).toBeLessThan(content.length);
    expect((await readBytes(far, at - 1000)).equals(content.subarray(1000, at))).toBe(true);
  });

  it("moves nothing where the file ends, nor from a file that is closed", async () => {
    expect(await files[call](near, file, content.length - 10, 100)).toBe(10);
    expect(await files[call](near, file, content.length, 100)).toBe(0);
    expect(await files[call](near, { fd: -1 }, 0, 100)).toBe(0);
  });

  it("waits for what Node has to send before", async () => {
    near.cork();
    near.write("the head");
    expect(await files[call](near, file, 0, 100)).toBe(0);
    near.uncork();
    expect(await readBytes(far, 8)).toEqual(Buffer.from("the head"));
  });

  it("moves nothing after the socket was ended or the peer is gone", async () => {
    far.destroy();
    await once(near.resume(), "close").catch(() => {});
    expect(await files[call](near, file, 0, 100)).toBe(0);
  });
});

describe("a number that means another socket by now", () => {
  /** Until a new connection has the number that `near` had. */
  async function closeAndReuse(): Promise<[Socket, Socket]> {
    const number = numberOf(near);
    near.destroy();
    await once(near, "close");
    for (let tries = 0; tries < 50; tries += 1) {
      const pair = await openPair();
      if (pair.some((socket) => numberOf(socket) === number)) return pair;
    }
    throw new Error("no connection got the number");
  }

  // proven: net.Socket on Linux
  const numberOf = (socket: Socket) =>
    (socket as unknown as { _handle: { fd: number } })._handle.fd;

  it.each(["send", "sendLater"] as const)("gets nothing by %s", async (call) => {
    expect(await files[call](near, file, 0, 100), "while it is open").toBe(100);
    const strangers = await closeAndReuse();
    expect(await files[call](near, file, 0, 100)).toBe(0);
    for (const stranger of strangers) expect(stranger.read()).toBeNull();
    for (const stranger of strangers) stranger.destroy();
  });

  it("gets nothing from a thread that has begun", async () => {
    const libc = loadLibc();
    const begun = Promise.withResolvers<number>();
    const goOn = Promise.withResolvers<void>();
    const slow = new FileToSocket({
      ...libc,
      async sendfileLater(to, from, offset, count) {
        begun.resolve(to);
        await goOn.promise;
        return await libc.sendfileLater(to, from, offset, count);
      },
    });
    const sending = slow.sendLater(near, file, 0, 100);
    const duplicate = await begun.promise;
    expect(duplicate).not.toBe(numberOf(near));
    const strangers = await closeAndReuse();
    for (const stranger of strangers) expect(numberOf(stranger)).not.toBe(duplicate);
    goOn.resolve();
    expect(await sending, "the connection was held open until then").toBe(100);
    expect(await readBytes(far, 100)).toEqual(content.subarray(0, 100));
    for (const stranger of strangers) expect(stranger.read()).toBeNull();
    for (const stranger of strangers) stranger.destroy();
    expect(() => closeSync(duplicate), "and is closed now").toThrow("EBADF");
  });

  it("is not sent to when no descriptor is left", async () => {
    const full = new FileToSocket({ ...loadLibc(), fcntl: () => -1 });
    expect(await full.sendLater(near, file, 0, 100)).toBe(0);
  });
});

describe("a part of a file", () => {
  it("is resident once it was read, and read from memory alone", async () => {
    await file.readFile();
    expect(files.isResident(file, 0, content.length)).toBe(true);
    const into = Buffer.alloc(100);
    expect(files.read(file, into, 5)).toBe(100);
    expect(into).toEqual(content.subarray(5, 105));
  });

  it("is not resident behind the file's end, or where it cannot be asked", () => {
    expect(files.isResident(file, content.length - 1, 2)).toBe(false);
    expect(files.isResident({ fd: -1 }, 0, 1)).toBe(false);
  });

  it("is not resident when the kernel dropped it", async (context) => {
    await file.sync();
    execFileSync("dd", [`if=${join(folder, "file")}`, "iflag=nocache", "count=0", "status=none"]);
    const type = execFileSync("stat", ["-f", "-c", "%T", folder], { encoding: "utf8" }).trim();
    context.skip(["tmpfs", "ramfs"].includes(type), `${type} keeps everything in memory`);
    expect(files.isResident(file, 0, content.length)).toBe(false);
    expect(files.read(file, Buffer.alloc(10), 0)).toBe(-1);
    expect(await files.sendLater(near, file, 0, 1000)).toBe(1000);
    expect(await readBytes(far, 1000)).toEqual(content.subarray(0, 1000));
  });
});

it("fits TCP and Unix sockets that are open", () => {
  expect(files.fits(near)).toBe(true);
  near.destroy();
  expect(files.fits(near)).toBe(false);
});
