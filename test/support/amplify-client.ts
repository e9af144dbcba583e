/**
 * `amplify-client.ts WAIT [ADDRESS STRANGER]`: asks 10.77.0.1 as forgers would have it asked, from a local address and a
 * stranger's that never answer, and waits WAIT ms for what comes. Prints the bytes of UDP each way.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { setTimeout as pass } from "node:timers/promises";
import { formatDhcp } from "../../src/dhcp/packet.ts";
import { formatPacket } from "../../src/tftp/packet.ts";
import { ClientOptions, type MessageParts, messageOf } from "./dhcp-message.ts";
import { queryBytes } from "./dns.ts";
import { readRequest } from "./tftp-client.ts";

const [wait = "", local = "10.77.0.50", stranger = "10.88.0.9"] = process.argv.slice(2);
const server = "10.77.0.1";

/** Questions that are one: the bytes, whence and whither. */
type Row = {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly port: number;
  readonly from?: string;
  readonly fromPort?: number;
  readonly count?: number;
  /** Sockets that ask `count` times together. */
  readonly ports?: number;
};

const read = (options: Readonly<Record<string, number>>) =>
  formatPacket(readRequest("undionly.kpxe", options));
const dhcp = (parts: MessageParts) => formatDhcp(messageOf(parts), 1472);
const query = (name: string, type: string, size?: number) =>
  queryBytes(name, type, size === undefined ? {} : { edns: { size } });
const efi = ClientOptions.efi;

const tftp: readonly Row[] = [
  { name: "TFTP RRQ", port: 69, bytes: read({}) },
  {
    name: "TFTP RRQ, blksize 65464, windowsize 64",
    port: 69,
    bytes: read({ blksize: 65_464, windowsize: 64 }),
  },
  {
    name: "TFTP RRQ x 100 from 100 ports",
    port: 69,
    bytes: read({}),
    from: stranger,
    count: 100,
    ports: 100,
  },
  { name: "TFTP RRQ of a name that is not there", port: 69, bytes: formatPacket(readRequest("x")) },
];
const floods: readonly Row[] = ["local", "stranger"].map((who) => ({
  name: `DNS TXT x 1000, ${who}`,
  port: 53,
  bytes: query("large.kindling.lan", "TXT", 4096),
  from: who === "local" ? local : stranger,
  count: 1000,
}));
const others: readonly Row[] = [
  { name: "DNS A", port: 53, bytes: query("provisioner.kindling.lan", "A") },
  { name: "DNS ANY of the zone", port: 53, bytes: query("kindling.lan", "ANY", 4096) },
  {
    name: "DNS TXT of 960 bytes, EDNS 4096",
    port: 53,
    bytes: query("large.kindling.lan", "TXT", 4096),
  },
  { name: "DNS TXT of 960 bytes, no EDNS", port: 53, bytes: query("large.kindling.lan", "TXT") },
  {
    name: "DNS A of 70 addresses, EDNS 65535",
    port: 53,
    bytes: query("wide.kindling.lan", "A", 65_535),
  },
  { name: "DNS A of 70 addresses, no EDNS", port: 53, bytes: query("wide.kindling.lan", "A") },
  { name: "DNS of another's zone", port: 53, bytes: query("example.com", "ANY", 4096) },
  ...floods,
  { name: "DHCP DISCOVER", port: 67, fromPort: 68, bytes: dhcp({ options: efi }) },
  {
    name: "DHCP DISCOVER for a relay elsewhere",
    port: 67,
    fromPort: 67,
    bytes: dhcp({ giaddr: stranger, options: efi }),
    from: stranger,
  },
  {
    name: "DHCP DISCOVER for a relay here",
    port: 67,
    fromPort: 67,
    bytes: dhcp({ giaddr: local, options: efi }),
  },
  {
    name: "DHCP INFORM",
    port: 67,
    fromPort: 68,
    bytes: dhcp({ type: "inform", ciaddr: local, options: efi }),
  },
  {
    name: "DHCP INFORM, ciaddr elsewhere",
    port: 67,
    fromPort: 68,
    from: stranger,
    bytes: dhcp({ type: "inform", ciaddr: stranger, options: efi }),
  },
  {
    name: "DHCP REQUEST that renews nothing",
    port: 67,
    fromPort: 68,
    bytes: dhcp({ type: "request", ciaddr: local, options: efi }),
  },
  {
    name: "PXE REQUEST to 4011",
    port: 4011,
    fromPort: 68,
    bytes: dhcp({ type: "request", ciaddr: local, options: efi }),
  },
];

const slow = Promise.all(tftp.map((row) => measure(row, Number(wait))));
const results = [];
for (const row of others) results.push(await measure(row, 250)); // one after the other: they share ports
writeSync(1, JSON.stringify([...(await slow), ...results]));

async function measure(row: Row, ms: number) {
  const { name, bytes, port, from = local, fromPort = 0, count = 1, ports = 1 } = row;
  let [answers, out] = [0, 0];
  const sockets = Array.from({ length: ports }, () =>
    createSocket({ type: "udp4", recvBufferSize: ports > 1 ? 1 << 16 : 4 << 20 }),
  );
  for (const socket of sockets) {
    socket.on("message", (answer) => {
      answers += 1;
      out += answer.length;
    });
    socket.bind(fromPort, from);
    await once(socket, "listening");
  }
  for (let sent = 0; sent < count; sent += 1) {
    const socket = sockets[sent % ports];
    await new Promise<void>((resolve) => socket?.send(bytes, port, server, () => resolve()));
  }
  await pass(ms); // nothing tells that no more will come
  for (const socket of sockets) socket.close();
  return { name, in: count * bytes.length, out, answers };
}
