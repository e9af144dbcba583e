/** DISCOVERs at a steady rate from eth0: RATE SECONDS. Prints one JSON line of latencies in milliseconds. */
import { setTimeout as sleep } from "node:timers/promises";
import { openUdp } from "../../src/runtime/udp.ts";
import { anyAddress, limitedBroadcast } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { pxeDiscover, replyXid } from "./dhcp-client.ts";
import { quantile } from "./series.ts";

/** As many as the pools of the bench have addresses for. */
const machines = 200;
const firstXid = 0x6b000000;
const lastWordMs = 1000;

const [rate = 200, seconds = 10] = process.argv.slice(2).map(Number);
const total = rate * seconds;
const socket = await openUdp({ address: anyAddress, port: 68, device: "eth0" });
const sentAt = new Map<number, number>();
const latencies: number[] = [];
socket.receive((datagram) => {
  const xid = replyXid(datagram) ?? -1;
  const at = sentAt.get(xid);
  if (at === undefined) return;
  sentAt.delete(xid);
  latencies.push(performance.now() - at);
});
const start = performance.now();
for (let count = 0; count < total; ) {
  const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * rate) + 1);
  for (; count < due; count += 1) sendDiscover(count);
  await sleep(1);
}
await sleep(lastWordMs);
await socket[Symbol.asyncDispose]();
const result = {
  p50: quantile(latencies, 0.5),
  p99: quantile(latencies, 0.99),
  unanswered: sentAt.size,
};
process.stdout.write(`${JSON.stringify(result)}\n`);

function sendDiscover(count: number): void {
  const machine = (count % machines).toString(16).padStart(4, "0");
  const packet = pxeDiscover(parseMac(`52540088${machine}`), firstXid + count);
  sentAt.set(firstXid + count, performance.now());
  socket.send(packet, { address: limitedBroadcast, port: 67 });
}
