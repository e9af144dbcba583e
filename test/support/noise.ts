import { formatDhcp } from "../../src/dhcp/packet.ts";
import { formatPacket } from "../../src/tftp/packet.ts";
import { ClientOptions, messageOf } from "./dhcp-message.ts";
import { queryBytes } from "./dns.ts";
import { seededRandom } from "./lossy-link.ts";
import { readRequest } from "./tftp-client.ts";

/**
 * What hostile or broken peers send: nothing, too much, random bytes, pieces and near misses of sound
 * packets; the same for the same seed.
 */
export function noiseOf(seed: number): () => { readonly bytes: Uint8Array; readonly port: number } {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  return () => {
    const [port = 67, sound = Buffer.alloc(0)] = Sound[below(Sound.length)] ?? [];
    const bytes = Buffer.from(sound);
    const kinds = [
      () => Buffer.alloc(0),
      () => Buffer.alloc(below(8) === 0 ? datagramMax : 2000, below(256)),
      () => Buffer.from(Array.from({ length: below(400) }, () => below(256))),
      () => bytes.subarray(0, below(bytes.length)),
      () => {
        for (let edits = 1 + below(4); edits > 0; edits -= 1)
          bytes[below(bytes.length)] = below(256);
        return bytes;
      },
    ];
    return { port, bytes: kinds[below(kinds.length)]?.() ?? bytes };
  };
}

/** What UDP over IPv4 holds. */
const datagramMax = 65_507;

const dhcp = (options: (typeof ClientOptions)["efi" | "system"]) =>
  Buffer.from(formatDhcp(messageOf({ options }), 1472));

const Sound: readonly (readonly [port: number, Buffer])[] = [
  [67, dhcp(ClientOptions.efi)],
  [67, dhcp(ClientOptions.system)],
  [4011, dhcp(ClientOptions.efi)],
  [69, Buffer.from(formatPacket(readRequest("undionly.kpxe", { blksize: 1468, windowsize: 4 })))],
  [69, Buffer.from(formatPacket({ kind: "ack", block: 1 }))],
  [53, queryBytes("provisioner.kindling.lan", "A", { edns: {} })],
];
