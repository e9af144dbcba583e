/** Asks all four services over and over; prints when (ms since the epoch) each answered first. */
import { connect } from "node:net";
import { openUdp, type UdpPeer } from "../../src/runtime/udp.ts";
import { anyAddress, limitedBroadcast, parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { pxeDiscover } from "./dhcp-client.ts";

const server = parseIpv4("10.77.0.1");
const answered: Record<string, number> = {};
const everyMs = 5;
// "provisioner.kindling.lan", type A: id, flags, one question.
const labels = ["provisioner", "kindling", "lan"].map((label) => [
  label.length,
  ...Buffer.from(label),
]);
const question = Buffer.from([0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels.flat(), 0, 0, 1, 0, 1]);
const readRequest = Buffer.from("\0\x01undionly.kpxe\0octet\0");
const discover = pxeDiscover(parseMac("52:54:00:99:00:01"), 0x6b6b6b6b);

await Promise.all([
  askUdp("dhcp", { datagram: discover, peer: { address: limitedBroadcast, port: 67 }, local: 68 }),
  askUdp("dns", { datagram: question, peer: { address: server, port: 53 }, local: 0 }),
  askUdp("tftp", { datagram: readRequest, peer: { address: server, port: 69 }, local: 0 }),
  askHttp(),
]);
process.stdout.write(`${JSON.stringify(answered)}\n`);

async function askUdp(
  name: string,
  ask: { datagram: Uint8Array; peer: UdpPeer; local: number },
): Promise<void> {
  const socket = await openUdp({ address: anyAddress, port: ask.local, device: "eth0" });
  socket.onError(() => {}); // refused until the server is up: that is what we wait out
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => socket.send(ask.datagram, ask.peer), everyMs);
    socket.receive(() => {
      clearInterval(timer);
      answered[name] ??= Date.now();
      resolve();
    });
  });
  await socket[Symbol.asyncDispose]();
}

async function askHttp(): Promise<void> {
  while (answered["http"] === undefined) {
    await new Promise<void>((resolve) => {
      const socket = connect(8080, "10.77.0.1", () => {
        socket.write("GET /healthz HTTP/1.1\r\nHost: k\r\nConnection: close\r\n\r\n");
      });
      socket.once("data", () => {
        answered["http"] ??= Date.now();
      });
      socket.on("error", () => setTimeout(resolve, everyMs));
      socket.on("end", () => resolve());
    });
  }
}
