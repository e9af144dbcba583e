/**
 * Joins `eth0` and `eth1` of this namespace as a cable with faults. Arguments: seed, share of frames that
 * arrive twice, longest delay in ms: each frame takes a time of its own, so they overtake each other.
 * IPv4 and ARP alone. Runs until it is ended.
 */
import { writeSync } from "node:fs";
import { openPacketSocket } from "../../../src/runtime/packet-socket.ts";
import { EtherType } from "../../../src/wire/arp.ts";
import { seededRandom } from "../lossy-link.ts";

const [seed = 0, duplicates = 0, delayMs = 0] = process.argv.slice(2).map(Number);
const random = seededRandom(seed);

for (const etherType of [EtherType.ipv4, EtherType.arp]) {
  const near = await openPacketSocket({ device: "eth0", etherType });
  const far = await openPacketSocket({ device: "eth1", etherType });
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.onError(() => {});
    from.receive((frame) => {
      const copy = Uint8Array.from(frame);
      for (let copies = random() < duplicates ? 2 : 1; copies > 0; copies -= 1) {
        setTimeout(() => to.send(copy), delayMs * random());
      }
    });
  }
}
writeSync(2, "ready\n");
