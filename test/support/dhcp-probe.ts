/**
 * Sends one datagram from `eth0` and prints the first reply as JSON, or `null` after a second.
 * Arguments: own port, destination address, its port, the datagram in hex.
 */
import { writeSync } from "node:fs";
import { openUdp } from "../../src/runtime/udp.ts";
import { anyAddress, formatIpv4, parseIpv4 } from "../../src/wire/ipv4.ts";

const [own, address = "", port, hex = ""] = process.argv.slice(2);
const reply = Promise.withResolvers<object | null>();
await using socket = await openUdp({ device: "eth0", address: anyAddress, port: Number(own) });
socket.onError(reply.reject);
socket.receive((datagram, peer) =>
  reply.resolve({
    from: formatIpv4(peer.address),
    port: peer.port,
    hex: Buffer.from(datagram).toString("hex"),
  }),
);
socket.send(Buffer.from(hex, "hex"), { address: parseIpv4(address), port: Number(port) });
const timer = setTimeout(() => reply.resolve(null), 1000);
writeSync(1, JSON.stringify(await reply.promise));
clearTimeout(timer);
