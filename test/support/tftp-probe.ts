/**
 * Reads FILE block by block from whoever answers at an address, which may be a broadcast's: `node
 * tftp-probe.ts TO FILE`. Prints the address and port that answered, and how many bytes came.
 */
import { openUdp, type UdpPeer } from "../../src/runtime/udp.ts";
import { formatPacket, parsePacket } from "../../src/tftp/packet.ts";
import { anyAddress, formatIpv4, parseIpv4 } from "../../src/wire/ipv4.ts";
import { readRequest } from "./tftp-client.ts";

const [to = "", file = ""] = process.argv.slice(2);
await using socket = await openUdp({ address: anyAddress, port: 0, device: "eth0" });
const { promise: done, resolve } = Promise.withResolvers<{ from: UdpPeer; bytes: number }>();
let bytes = 0;
let peer: UdpPeer | undefined;
socket.receive((datagram, from) => {
  peer ??= from;
  if (from.address !== peer.address || from.port !== peer.port) return;
  const packet = parsePacket(datagram);
  if (packet.kind !== "data") throw new Error(`want data, got ${JSON.stringify(packet)}`);
  socket.send(formatPacket({ kind: "ack", block: packet.block }), from);
  bytes += packet.bytes.length;
  if (packet.bytes.length < 512) resolve({ from, bytes });
});
socket.send(formatPacket(readRequest(file)), { address: parseIpv4(to), port: 69 });
const { from } = await done;
process.stdout.write(JSON.stringify({ from: formatIpv4(from.address), port: from.port, bytes }));
