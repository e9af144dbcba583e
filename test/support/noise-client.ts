/**
 * `noise-client.ts DATAGRAMS SEED [PORT]`: makes a noise at 10.77.0.1, on all ports and then by broken
 * conversations by TCP, or a flood on one port. After each burst it asks a sound DNS question and waits
 * for the answer, so that nothing overflows and all of it was read in the end. Prints how many
 * datagrams it sent.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { connect } from "node:net";
import { queryBytes } from "./dns.ts";
import { seededRandom } from "./lossy-link.ts";
import { floodOf, noiseOf } from "./noise.ts";

const [datagrams = 0, seed = 0, port] = process.argv.slice(2).map(Number);
const server = "10.77.0.1";
const isIpv6 = port === 547;
/** All DHCPv6 servers and relays of the link (RFC 8415 §7.1). */
const target = isIpv6 ? "ff02::1:2%eth0" : server;
/** Datagrams between two questions: well below what a socket's buffer holds of small ones. */
const burst = 32;
const silenceMs = 20_000;
/** Each is a client of its own to TFTP, and most are heard no more. */
const socketCount = 20;

const noise = port === undefined ? noiseOf(seed) : floodOf(seed, port);
const sockets = Array.from({ length: socketCount }, () => createSocket(isIpv6 ? "udp6" : "udp4"));
// Refused by a port that closed: part of the noise.
for (const socket of sockets) socket.on("error", () => {});
const judge = createSocket("udp4");
const question = queryBytes("provisioner.kindling.lan");

for (let sent = 0; sent < datagrams; sent += burst) {
  const sends = Array.from({ length: Math.min(burst, datagrams - sent) }, (_, at) => {
    const { bytes, port } = noise();
    return send(sockets[(sent + at) % socketCount] ?? judge, { bytes, port, to: target });
  });
  await Promise.all(sends);
  // A daemon that is gone must not be waited for.
  const answered = once(judge, "message", { signal: AbortSignal.timeout(silenceMs) });
  await send(judge, { bytes: question, port: 53, to: server });
  await answered;
}
const conversations = port === undefined ? Math.ceil(datagrams / 200) : 0;
for (let count = 0; count < conversations; count += 1) await converse(count);
writeSync(1, JSON.stringify({ datagrams, conversations }));
for (const socket of [...sockets, judge]) socket.close();

function send(
  socket: typeof judge,
  { bytes, port, to }: { bytes: Uint8Array; port: number; to: string },
): Promise<void> {
  return new Promise((resolve) => socket.send(bytes, port, to, () => resolve()));
}

// Half a request, a request that is none, a length that never comes, then a close or a reset.
async function converse(count: number): Promise<void> {
  const random = seededRandom(seed + count);
  const garbage = Buffer.from(Array.from({ length: 600 }, () => Math.floor(random() * 256)));
  const [port, bytes] = [
    [8080, Buffer.from("GET /healthz HT")],
    [8080, garbage],
    [8080, Buffer.from("POST /report HTTP/1.1\r\nHost: k\r\nContent-Length: 9999\r\n\r\nx")],
    [8080, Buffer.from(`GET /${"a".repeat(20_000)} HTTP/1.1\r\n\r\n`)],
    [53, Buffer.concat([Buffer.of(0xff, 0xff), garbage])],
    [53, Buffer.concat([Buffer.of(0, 30), garbage.subarray(0, 12)])],
    [53, Buffer.concat([Buffer.of(0, 17), garbage.subarray(0, 17)])],
  ][count % 7] as [number, Buffer]; // the index is within the list
  const socket = connect(port, server);
  socket.on("error", () => {}); // a reset is an end like any other
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, "connect");
  socket.write(bytes);
  if (count % 2 === 0) socket.end();
  else socket.resetAndDestroy();
  socket.resume();
  await closed;
}
