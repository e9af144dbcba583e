import { openUdp, type UdpSocket } from "../../../src/runtime/udp.ts";
import { anyAddress, limitedBroadcast } from "../../../src/wire/ipv4.ts";
import { macToBytes } from "../../../src/wire/mac.ts";
import type { Machine } from "./machine.ts";

/** What a lease says to a machine that boots: addresses as text. */
export type Lease = { readonly address: string; readonly server: string; readonly file: string };

/** All machines' DHCP, by one socket: every answer to a machine without an address is a broadcast. */
export type DhcpTalk = AsyncDisposable & {
  /** DISCOVER to ACK, as firmware or as the iPXE that it loaded. */
  lease(machine: Machine, program: "firmware" | "ipxe"): Promise<Lease>;
  /** Messages sent again because nobody had answered. */
  readonly repeats: () => number;
};

/** What edk2 waits before it asks again; iPXE waits less. */
const firmwareWaitsMs = [4000, 8000, 16_000, 32_000] as const;
/** A client that is refused begins anew (RFC 2131 §3.1.5), but not for ever. */
const startLimit = 10;
const ipxeWaitsMs = [1000, 2000, 4000, 8000, 16_000] as const;

type Answer = { readonly type: number; readonly lease: Lease };
type Waiting = (answer: Answer) => void;

export async function openDhcpTalk(): Promise<DhcpTalk> {
  const socket = await openUdp({ address: anyAddress, port: 68, device: "eth0" });
  const waiting = new Map<number, Waiting>();
  let repeats = 0;
  let nextXid = 0x5700_0000;
  socket.receive((datagram) => {
    const answer = readAnswer(datagram);
    if (answer !== undefined) waiting.get(answer.xid)?.(answer);
  });
  const ask = async (send: () => void, xid: number, want: number, waits: readonly number[]) => {
    for (const ms of waits) {
      send();
      const answer = await answerWithin(waiting, xid, ms);
      if (answer?.type === want) return answer.lease;
      if (answer?.type === nak) return "refused";
      repeats += 1;
    }
    throw new Error(`no DHCP answer of type ${want} after ${waits.length} messages`);
  };
  return {
    async lease(machine, program) {
      const waits = program === "firmware" ? firmwareWaitsMs : ipxeWaitsMs;
      for (let start = 0; start < startLimit; start += 1) {
        const xid = nextXid++;
        const packet = (type: number, offer?: Lease) =>
          messageOf(machine, { program, xid, type, offer });
        const offer = await ask(() => send(socket, packet(discover)), xid, offerType, waits);
        if (offer === "refused") continue;
        const lease = await ask(() => send(socket, packet(request, offer)), xid, ack, waits);
        if (lease !== "refused") return lease;
      }
      throw new Error(`refused ${startLimit} times`);
    },
    repeats: () => repeats,
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };
}

const [discover, offerType, request, ack, nak] = [1, 2, 3, 5, 6] as const;

function send(socket: UdpSocket, packet: Uint8Array): void {
  socket.send(packet, { address: limitedBroadcast, port: 67 });
}

function answerWithin(
  waiting: Map<number, Waiting>,
  xid: number,
  ms: number,
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const settle = (answer: Answer | undefined): void => {
      clearTimeout(late);
      waiting.delete(xid);
      resolve(answer);
    };
    const late = setTimeout(() => settle(undefined), ms);
    waiting.set(xid, settle);
  });
}

/** By hand, so that what is measured is not also what measures. */
function messageOf(
  machine: Machine,
  what: { program: "firmware" | "ipxe"; xid: number; type: number; offer: Lease | undefined },
): Uint8Array {
  const packet = Buffer.alloc(548);
  packet.set([1, 1, 6, 0], 0);
  packet.writeUInt32BE(what.xid, 4);
  packet.writeUInt16BE(0x8000, 10);
  packet.set(macToBytes(machine.mac), 28);
  const octets = (text: string) => text.split(".").map(Number);
  const options = [
    [0x63, 0x82, 0x53, 0x63],
    [53, 1, what.type],
    ...(what.offer
      ? [
          [50, 4, ...octets(what.offer.address)],
          [54, 4, ...octets(what.offer.server)],
        ]
      : []),
    [55, 8, 1, 3, 6, 15, 54, 60, 66, 67],
    [57, 2, 5, 0xc0],
    [93, 2, 0, 7],
    [94, 3, 1, 3, 0],
    [60, 32, ...Buffer.from("PXEClient:Arch:00007:UNDI:003000")],
    // What iPXE for EFI says of itself: HTTP, and that it starts EFI programs.
    ...(what.program === "ipxe"
      ? [
          [77, 4, ...Buffer.from("iPXE")],
          [175, 9, 0x13, 1, 1, 0x18, 1, 1, 0x24, 1, 1],
        ]
      : []),
    [255],
  ];
  packet.set(options.flat(), 236);
  return packet;
}

function readAnswer(packet: Uint8Array): (Answer & { xid: number }) | undefined {
  if (packet.length < 244 || packet[0] !== 2) return undefined;
  const view = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
  let [type, server, url] = [0, "", ""];
  for (let at = 240; at + 1 < view.length && view[at] !== 255; ) {
    const [code, length] = [view[at], view[at + 1] ?? 0];
    if (code === 0) {
      at += 1;
      continue;
    }
    const value = view.subarray(at + 2, at + 2 + length);
    if (code === 53) type = value[0] ?? 0;
    if (code === 54) server = value.join(".");
    if (code === 67) url = textOf(value);
    at += 2 + length;
  }
  const file = url || textOf(view.subarray(108, 236));
  return {
    xid: view.readUInt32BE(4),
    type,
    lease: { address: view.subarray(16, 20).join("."), server, file },
  };
}

function textOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("latin1");
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}
