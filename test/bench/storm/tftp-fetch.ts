import { createSocket, type RemoteInfo } from "node:dgram";

/** edk2's numbers: block size, window, seconds without a packet before the last word is repeated. */
const blksize = 1468;
const windowsize = 4;
const waitMs = 4000;
const tries = 6;

/** Reads a file as edk2 does and returns its length; the bytes are counted, not kept. */
export async function fetchByTftp(server: string, file: string, address: string): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address, port: 0 }, resolve);
  });
  try {
    return await receive(socket, server, file);
  } finally {
    socket.close();
  }
}

function receive(
  socket: ReturnType<typeof createSocket>,
  server: string,
  file: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let [window, block, bytes, unacked, left] = [1, 0, 0, 0, tries];
    let last: { packet: Buffer; port: number } = { packet: readRequest(file), port: 69 };
    let timer: NodeJS.Timeout;
    const say = (packet: Buffer, port: number): void => {
      last = { packet, port };
      socket.send(packet, port, server);
      timer.refresh();
    };
    const end = (outcome: number | Error): void => {
      clearTimeout(timer);
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    };
    timer = setTimeout(() => {
      left -= 1;
      if (left === 0) end(new Error(`TFTP of ${file} stopped at block ${block}`));
      else say(last.packet, last.port);
    }, waitMs);
    socket.on("error", end);
    socket.on("message", (packet: Buffer, from: RemoteInfo) => {
      const code = packet.readUInt16BE(0);
      if (code === 5) end(new Error(`TFTP error ${packet.subarray(2).toString("latin1")}`));
      if (code === 6) {
        window = /windowsize\0(\d+)/.test(packet.toString("latin1")) ? windowsize : 1;
        say(ackOf(0), from.port);
      }
      if (code !== 3) return;
      // A block out of turn means that one was lost: what came in order is confirmed, the rest comes again.
      if (packet.readUInt16BE(2) !== ((block + 1) & 0xffff)) {
        if (unacked > 0) say(ackOf(block), from.port);
        unacked = 0;
        return;
      }
      block += 1;
      unacked += 1;
      left = tries;
      bytes += packet.length - 4;
      const isLast = packet.length - 4 < blksize;
      if (isLast || unacked === window) {
        say(ackOf(block), from.port);
        unacked = 0;
      }
      if (isLast) end(bytes);
    });
    socket.send(last.packet, last.port, server);
  });
}

function readRequest(file: string): Buffer {
  const words = [file, "octet", "blksize", String(blksize), "windowsize", String(windowsize)];
  return Buffer.concat([Buffer.of(0, 1), Buffer.from(`${words.join("\0")}\0`, "latin1")]);
}

function ackOf(block: number): Buffer {
  return Buffer.of(0, 4, (block >> 8) & 255, block & 255);
}
