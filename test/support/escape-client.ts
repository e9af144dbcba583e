/**
 * Asks 10.77.0.1 for every name of the corpus by TFTP, and by HTTP below each prefix, as it is: no
 * library mends it first. Prints what came back.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { connect } from "node:net";
import { formatError, parsePacket } from "../../src/tftp/packet.ts";
import { EscapeCorpus } from "./escape-corpus.ts";

const server = "10.77.0.1";
/** What is there: a client that hears nothing proves nothing. */
const Controls = { "/assets/": "plain.txt", "/loaders/": "own.efi", "/": "assets/plain.txt" };
const rows: { by: string; name: string; answer: string }[] = [];

for (const [name, path] of [...EscapeCorpus, ["control", "own.efi"]] as const) {
  rows.push({ by: "tftp", name, answer: await byTftp(path) });
}
for (const prefix of ["/assets/", "/loaders/", "/"] as const) {
  const control = Controls[prefix];
  for (const [name, path] of [...EscapeCorpus, ["control", control]] as const) {
    rows.push({ by: prefix, name, answer: await byHttp(prefix + path) });
  }
}
writeSync(1, JSON.stringify(rows));

async function byTftp(path: string): Promise<string> {
  const socket = createSocket("udp4");
  const request = Buffer.from(`\0\u0001${path}\0octet\0`, "latin1");
  const answered = once(socket, "message");
  socket.send(request, 69, server);
  const [bytes, { port }] = await answered;
  const packet = parsePacket(bytes);
  const isData = packet.kind === "data";
  if (isData) socket.send(formatError(0, "enough"), port, server, () => socket.close());
  else socket.close();
  return isData ? `data ${Buffer.from(packet.bytes).toString("latin1")}` : packet.kind;
}

async function byHttp(target: string): Promise<string> {
  const socket = connect(8080, server);
  socket.on("error", () => {});
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk) => {
    text += chunk;
  });
  socket.write(`GET ${target} HTTP/1.1\r\nHost: k\r\nConnection: close\r\n\r\n`, "latin1");
  await once(socket, "close");
  return text;
}
