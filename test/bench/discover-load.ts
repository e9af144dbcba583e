/** DISCOVERs at a steady rate from eth0; prints one JSON line of latencies: RATE SECONDS. */
import { parseArgs } from "node:util";
import { openUdp } from "../../src/runtime/udp.ts";
import { anyAddress, limitedBroadcast } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { pxeDiscover, replyXid } from "./dhcp-client.ts";

const { positionals } = parseArgs({ allowPositionals: true });
const [rate = 200, seconds = 10] = positionals.map(Number);
const machines = 200;
const socket = await openUdp({ address: anyAddress, port: 68, device: "eth0" });
const sent = new Map<number, number>();
const latencies: number[] = [];
socket.receive((datagram) => {
  const at = sent.get(replyXid(datagram) ?? -1);
  if (at !== undefined) latencies.push(performance.now() - at);
});
const total = rate * seconds;
const start = performance.now();
for (let count = 0; count < total; ) {
  const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * rate) + 1);
  for (; count < due; count += 1) {
    const machine = (count % machines).toString(16).padStart(4, "0");
    const xid = 0x6b000000 + count;
    sent.set(xid, performance.now());
    const packet = pxeDiscover(parseMac(`52540088${machine}`), xid);
    socket.send(packet, { address: limitedBroadcast, port: 67 });
  }
  await new Promise((resolve) => setTimeout(resolve, 1));
}
await new Promise((resolve) => setTimeout(resolve, 1000));
await socket[Symbol.asyncDispose]();
latencies.sort((a, b) => a - b);
const at = (share: number) =>
  latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
const result = { sent: total, answered: latencies.length, p50: at(0.5), p99: at(0.99) };
process.stdout.write(`${JSON.stringify(result)}\n`);
