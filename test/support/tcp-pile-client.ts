/**
 * `tcp-pile-client.ts HOST PORT`: 100 connections from addresses 10.77.0.100 to .103, each of which asks once, then says
 * half a length and waits. Prints how many stayed open, and ends with its standard input.
 */
import { connect, type Socket } from "node:net";
import { queryBytes } from "./dns.ts";

const [host = "", port = ""] = process.argv.slice(2);
const query = queryBytes("node1.kindling.lan");
const sockets: Socket[] = [];
let refused = 0;
for (let at = 0; at < 100; at += 1) {
  const localAddress = `10.77.0.${100 + (at % 4)}`;
  const socket = connect({ host, port: Number(port), localAddress });
  const { promise: known, resolve } = Promise.withResolvers<void>();
  socket.on("error", () => {});
  socket.once("close", () => {
    refused += 1;
    resolve();
  });
  socket.once("data", () => resolve());
  socket.write(Buffer.concat([Uint8Array.of(0, query.length), query, Uint8Array.of(0)]));
  sockets.push(socket);
  await known;
}
process.stdout.write(JSON.stringify({ opened: sockets.length - refused, refused }));
for await (const _ of process.stdin);
for (const socket of sockets) socket.destroy();
