/**
 * Reads a file by TFTP and rests after its first block: prints `{"block":1}`, goes on when its
 * standard input ends, and prints how many bytes came and the server's error, if any. Arguments:
 * server, file.
 */
import { once } from "node:events";
import { writeSync } from "node:fs";
import { openUdp } from "../../src/runtime/udp.ts";
import { formatPacket, parsePacket, type TftpPacket } from "../../src/tftp/packet.ts";
import { anyAddress, parseIpv4 } from "../../src/wire/ipv4.ts";

const [server = "", name = ""] = process.argv.slice(2);
const address = parseIpv4(server);
const print = (value: unknown) => writeSync(1, `${JSON.stringify(value)}\n`);
const over = Promise.withResolvers<void>();
const goOn = once(process.stdin.resume(), "end");
let [wanted, bytes] = [1, 0];
await using socket = await openUdp({ address: anyAddress, port: 0, device: "eth0" });
const send = (packet: TftpPacket, port: number) => {
  socket.send(formatPacket(packet), { address, port });
};
socket.onError(over.reject);
socket.receive(async (datagram, { port }) => {
  const packet = parsePacket(datagram);
  if (packet.kind === "error") {
    print({ bytes, error: packet.message });
    over.resolve();
  }
  if (packet.kind !== "data" || packet.block !== wanted) return; // a repeat while we rest
  wanted += 1;
  bytes += packet.bytes.length;
  if (packet.block === 1) {
    print({ block: 1 });
    await goOn;
  }
  send({ kind: "ack", block: packet.block }, port);
  if (packet.bytes.length === 512) return;
  print({ bytes });
  over.resolve();
});
send({ kind: "read-request", name, mode: "octet", options: [] }, 69);
await over.promise;
