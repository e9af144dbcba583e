/**
 * Many machines behind `eth0` of this namespace, each with a card of its own. Arguments: how many, how
 * many exchanges at least, the seed, and the seconds in which the last of them must have an address.
 * They come and go until standard input ends and the exchanges are done; then each gets an address
 * and stays. Prints every note of a station as a line, and at last who was served.
 */
import { writeSync } from "node:fs";
import { OptionCode } from "../../../src/dhcp/options.ts";
import { parseDhcp } from "../../../src/dhcp/packet.ts";
import { WireError } from "../../../src/errors.ts";
import { openPacketSocket } from "../../../src/runtime/packet-socket.ts";
import { formatArp, parseArp } from "../../../src/wire/arp.ts";
import { anyAddress, formatIpv4 } from "../../../src/wire/ipv4.ts";
import { readUdpFrame, type UdpFrame } from "../../../src/wire/udp-frame.ts";
import { seededRandom } from "../lossy-link.ts";
import { formatSending } from "./crowd-frames.ts";
import {
  addressOf,
  hear,
  macOf,
  meet,
  newStation,
  type Station,
  type Step,
  wake,
} from "./station.ts";

const [count = 0, wanted = 0, seed = 0, patience = 0] = process.argv.slice(2).map(Number);
const random = seededRandom(seed);
const stations = new Map<string, Station>();
const begun = Date.now();
for (let number = 0; number < count; number += 1) {
  const station = newStation(number, begun + 500 * random());
  stations.set(macOf(station), station);
}

let exchanges = 0;
let calmAt: number | undefined; // when nothing more happens to the link
process.stdin.resume().once("end", () => {
  calmAt = Date.now();
});

const atNow = () => {
  const restless = calmAt === undefined || exchanges < wanted;
  return { now: Date.now(), random, restless };
};

/** ETH_P_ALL of <linux/if_ether.h>: on two sockets an ACK would overtake the ARP question before it. */
const allTypes = 3;
const cable = await openPacketSocket({ device: "eth0", etherType: allTypes });
cable.onError(() => {}); // a cable that is out loses what is sent

function take(before: Station, { station, send, note }: Step): void {
  const mac = macOf(before);
  if (macOf(station) !== mac) stations.delete(mac);
  stations.set(macOf(station), station);
  for (const sending of send) {
    const frame = formatSending(
      station.generation === before.generation ? station : before,
      sending,
    );
    if (sending.kind === "arp-probe") sendArp(frame);
    else cable.send(frame);
  }
  if (note === undefined) return;
  if (note.kind === "bound") exchanges += 1;
  const line = { at: Date.now(), mac, ...note, address: formatIpv4(note.address) };
  writeSync(1, `${JSON.stringify(line)}\n`);
}

cable.receive((frame) => {
  try {
    const datagram = readUdpFrame(frame);
    if (datagram === undefined) hearArp(frame);
    else if (datagram.destinationPort === 68) hearDhcp(datagram);
  } catch (error) {
    if (!(error instanceof WireError)) throw error; // no station's business
  }
});

function hearDhcp({ payload, mac: serverMac }: UdpFrame): void {
  const message = parseDhcp(payload);
  if (!message.options.has(OptionCode.messageType)) return;
  const mac = (Buffer.from(message.chaddr).toString("hex", 0, 6).match(/../g) ?? []).join(":");
  const station = stations.get(mac);
  if (station) take(station, hear(station, { message, serverMac }, atNow()));
}

// A switch gives back nothing at the port that it came in by, and all stations are behind one. Whatever
// holds this process up, nobody's wait for an answer is over before the answer was heard.
function sendArp(frame: Uint8Array): void {
  cable.send(frame);
  process.nextTick(hearArp, frame);
}

function hearArp(frame: Uint8Array): void {
  const { kind, sender, senderMac, target } = parseArp(frame);
  for (const station of stations.values()) {
    if (macOf(station) === senderMac) continue;
    // RFC 5227 §2.1.1: another one's probe for the same address is a conflict as well.
    take(station, meet(station, sender === anyAddress ? target : sender, atNow()));
    if (kind !== "request" || addressOf(station) !== target) continue;
    const answer = { senderMac: macOf(station), sender: target, target: sender };
    sendArp(formatArp(senderMac, { kind: "reply", ...answer }));
  }
}

const beat = setInterval(() => {
  for (const station of stations.values()) {
    if (station.due <= Date.now()) take(station, wake(station, atNow()));
  }
  const at = atNow();
  const served = [...stations.values()].filter((station) => addressOf(station) !== undefined);
  const isLate = calmAt !== undefined && at.now - calmAt > patience * 1000;
  if (!isLate && (at.restless || served.length < count)) return;
  clearInterval(beat);
  const without = [...stations.values()].filter((station) => !served.includes(station));
  const end = { served: served.length, exchanges, without: without.map(macOf) };
  writeSync(1, `${JSON.stringify(end)}\n`);
  process.exit(0);
}, 10);
writeSync(1, `${JSON.stringify({ ready: true })}\n`);
