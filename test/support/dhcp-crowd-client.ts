/** DISCOVERs of machines that do not exist, out of `eth0`. Argument: how many; prints it when sent. */
import { writeSync } from "node:fs";
import { formatDhcp } from "../../src/dhcp/packet.ts";
import { openUdp } from "../../src/runtime/udp.ts";
import { anyAddress, limitedBroadcast } from "../../src/wire/ipv4.ts";
import { messageOf } from "./dhcp-message.ts";

const count = Number(process.argv[2]);
await using socket = await openUdp({ device: "eth0", address: anyAddress, port: 68 });
for (let number = 0; number < count; number += 1) {
  const hex = number.toString(16).padStart(8, "0");
  const mac = `02:00:${(hex.match(/../g) ?? []).join(":")}`;
  socket.send(formatDhcp(messageOf({ mac })), { address: limitedBroadcast, port: 67 });
  // Packets wait in the kernel while the server thinks: as fast as it hears, not faster than it may.
  if (number % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
}
writeSync(1, String(count));
