/**
 * Asks the services that it is given, over and over, and prints when (ms since the epoch) each answered
 * first. Stays until it is ended, to take back its TFTP transfers, for which a server would wait.
 */
import { connect } from "node:net";
import { labNet } from "../../src/lab/lab-config.ts";
import { openUdp, type UdpPeer } from "../../src/runtime/udp.ts";
import { anyAddress, limitedBroadcast, parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { pxeDiscover } from "./dhcp-client.ts";

const everyMs = 2;
const server = parseIpv4(labNet.server);
// Type A of the server's own name: id, flags, one question.
const labels = ["provisioner", ...labNet.domain.split(".")].map((label) => [
  label.length,
  ...Buffer.from(label),
]);
const question = Buffer.from([0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels.flat(), 0, 0, 1, 0, 1]);
const readRequest = Buffer.from("\0\x01undionly.kpxe\0octet\0");
// RFC 1350 §5: opcode 5, code 0, a text.
const tftpError = Buffer.from("\0\x05\0\0enough\0");
const discover = pxeDiscover(parseMac("52:54:00:99:00:01"), 0x6b6b6b6b);

const Asks: Readonly<Record<string, () => Promise<number>>> = {
  dhcp: async () => {
    await using asker = await openAsker({ address: limitedBroadcast, port: 67 }, 68);
    return await asker.ask(discover);
  },
  dns: async () => {
    await using asker = await openAsker({ address: server, port: 53 }, 0);
    return await asker.ask(question);
  },
  tftp: async () => {
    const asker = await openAsker({ address: server, port: 69 }, 0);
    const at = await asker.ask(readRequest);
    asker.refuse(tftpError);
    return at;
  },
  http: askHttp,
};

const names = process.argv.slice(2);
const asking = names.map(async (name) => [name, await Asks[name]?.()] as const);
process.stdout.write("asking\n");
process.stdout.write(`${JSON.stringify(Object.fromEntries(await Promise.all(asking)))}\n`);

type Asker = AsyncDisposable & {
  /** Sends until the first answer and says when that came. */
  ask(datagram: Uint8Array): Promise<number>;
  /** Answers whatever comes from now on with this. */
  refuse(datagram: Uint8Array): void;
};

async function openAsker(to: UdpPeer, from: number): Promise<Asker> {
  const socket = await openUdp({ address: anyAddress, port: from, device: "eth0" });
  socket.onError(() => {}); // refused until the server is up: that is what we wait out
  return {
    ask: (datagram) =>
      new Promise((resolve) => {
        const timer = setInterval(() => socket.send(datagram, to), everyMs);
        socket.receive(() => {
          clearInterval(timer);
          resolve(now());
        });
      }),
    refuse(datagram) {
      socket.receive((_data, peer) => socket.send(datagram, peer));
    },
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };
}

async function askHttp(): Promise<number> {
  for (;;) {
    const at = await tryHttp();
    if (at !== undefined) return at;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

async function tryHttp(): Promise<number | undefined> {
  return await new Promise((resolve) => {
    const socket = connect(labNet.httpPort, labNet.server, () => {
      socket.write("GET /healthz HTTP/1.1\r\nHost: k\r\nConnection: close\r\n\r\n");
    });
    socket.once("data", () => {
      resolve(now());
      socket.destroy();
    });
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => resolve(undefined));
  });
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
