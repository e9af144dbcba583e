import { formatDhcp } from "../../src/dhcp/packet.ts";
import { formatDhcp6, MessageType6 } from "../../src/dhcp6/packet.ts";
import { formatPacket } from "../../src/tftp/packet.ts";
import { ClientOptions, messageOf } from "./dhcp-message.ts";
import { Client6, ia, packetOf } from "./dhcp6-message.ts";
import { queryBytes } from "./dns.ts";
import { seededRandom } from "./lossy-link.ts";
import { readRequest } from "./tftp-client.ts";

export type Datagram = { readonly bytes: Uint8Array; readonly port: number };

/**
 * What hostile or broken peers send: nothing, too much, random bytes, pieces and near misses of sound
 * packets; the same for the same seed.
 */
export function noiseOf(seed: number): () => Datagram {
  const random = seededRandom(seed);
  return () => {
    const [port = 67, sound = Buffer.alloc(0)] = Sound[below(random, Sound.length)] ?? [];
    return { port, bytes: spoil(sound, random) };
  };
}

/** Noise for one port, and as much that is sound, each from somebody who does not exist. */
export function floodOf(seed: number, port: number): () => Datagram {
  const random = seededRandom(seed);
  const strangers = Strangers[port] ?? [];
  if (strangers.length === 0) throw new Error(`no flood for port ${port}`);
  return () => {
    const sound = strangers[below(random, strangers.length)]?.(random) ?? Buffer.alloc(0);
    return { port, bytes: random() < 0.5 ? sound : spoil(sound, random) };
  };
}

type Random = () => number;

/** What UDP over IPv4 holds. */
const datagramMax = 65_507;

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function spoil(sound: Uint8Array, random: Random): Uint8Array {
  const bytes = Buffer.from(sound);
  const kinds = [
    () => Buffer.alloc(0),
    () => Buffer.alloc(below(random, 64) === 0 ? datagramMax : 2000, below(random, 256)),
    () => Buffer.from(Array.from({ length: below(random, 400) }, () => below(random, 256))),
    () => bytes.subarray(0, below(random, bytes.length)),
    () => {
      for (let edits = 1 + below(random, 4); edits > 0; edits -= 1)
        bytes[below(random, bytes.length)] = below(random, 256);
      return bytes;
    },
  ];
  return kinds[below(random, kinds.length)]?.() ?? bytes;
}

const dhcp = (options: (typeof ClientOptions)["efi" | "system"], mac?: string) =>
  Buffer.from(formatDhcp(messageOf({ options, ...(mac && { mac }) }), 1472));

const Sound: readonly (readonly [port: number, Buffer])[] = [
  [67, dhcp(ClientOptions.efi)],
  [67, dhcp(ClientOptions.system)],
  [4011, dhcp(ClientOptions.efi)],
  [69, Buffer.from(formatPacket(readRequest("undionly.kpxe", { blksize: 1468, windowsize: 4 })))],
  [69, Buffer.from(formatPacket({ kind: "ack", block: 1 }))],
  [53, queryBytes("provisioner.kindling.lan", "A", { edns: {} })],
];

const hex = (random: Random, bytes: number) =>
  Array.from({ length: bytes }, () => below(random, 256).toString(16).padStart(2, "0"));
// Locally administered, so that none is the client's that has to be served afterwards.
const madeUpMac = (random: Random) => ["02", ...hex(random, 5)].join(":");
const discover = (random: Random) =>
  dhcp(random() < 0.5 ? ClientOptions.efi : ClientOptions.system, madeUpMac(random));
const fetch = (random: Random, name: string) => {
  const options = random() < 0.5 ? {} : { blksize: 8 + below(random, 65_000), windowsize: 64 };
  return Buffer.from(formatPacket(readRequest(name, options)));
};
const ask = (random: Random, zone: string) => {
  const type = ["A", "AAAA", "ANY", "TXT", "PTR", "SOA"][below(random, 6)];
  return queryBytes(`${hex(random, 8).join("")}.${zone}`, type, { edns: { size: 4096 } });
};

/** Sound packets of people who do not exist, by the port they go to. */
const Strangers: Readonly<Record<number, readonly ((random: Random) => Buffer)[]>> = {
  67: [discover],
  4011: [discover],
  69: [
    (random) => fetch(random, "undionly.kpxe"),
    (random) => fetch(random, `${hex(random, 12).join("")}.efi`),
    (random) => Buffer.from(formatPacket({ kind: "ack", block: below(random, 65_536) })),
  ],
  53: [
    (random) => ask(random, "kindling.lan"),
    (random) => ask(random, "77.10.in-addr.arpa"),
    (random) => ask(random, "example.com"),
    () => queryBytes("provisioner.kindling.lan", "ANY", { edns: { size: 4096 } }),
  ],
  547: [
    (random) => {
      const clientId = `0004${hex(random, 16).join("")}`;
      const type = random() < 0.5 ? "solicit" : "request";
      const options = [...Client6.http, ia(below(random, 2 ** 32))];
      return Buffer.from(
        formatDhcp6(packetOf({ type, clientId, options }), MessageType6.relayReply),
      );
    },
  ],
};
