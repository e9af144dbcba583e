import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { formatPacket, parsePacket, type TftpPacket } from "../../src/tftp/packet.ts";
import { decideRequest, decideTransfer } from "../../src/tftp/request.ts";
import { beginTransfer, inputOf, stepTransfer } from "../../src/tftp/transfer.ts";
import { seededRandom } from "../support/lossy-link.ts";

const packets = Number(process.env["FUZZ_PACKETS"] ?? 50_000);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);

const options = [
  { name: "tsize", value: "0" },
  { name: "blksize", value: "1468" },
  { name: "windowsize", value: "4" },
];
const Seeds: readonly TftpPacket[] = [
  { kind: "read-request", name: "tftp://h/snponly.efi", mode: "octet", options },
  { kind: "read-request", name: "a\\..\\b.0", mode: "netascii", options: [] },
  { kind: "write-request", name: "x", mode: "octet", options },
  { kind: "ack", block: 1 },
  { kind: "error", code: 8, message: "User aborted the transfer" },
  { kind: "data", block: 9, bytes: new Uint8Array(16) },
  { kind: "option-ack", options },
];

/** A valid packet with a few bytes changed, cut, doubled or put in. */
function mutate(random: () => number): Uint8Array {
  const below = (limit: number) => Math.floor(random() * limit);
  let bytes = Buffer.from(formatPacket(Seeds[below(Seeds.length)] ?? { kind: "ack", block: 0 }));
  for (let changes = below(6); changes > 0; changes -= 1) {
    const at = below(bytes.length + 1);
    const tail = bytes.subarray(at);
    const head = bytes.subarray(0, at);
    const kinds = [
      () => Buffer.concat([head, Buffer.of(below(256)), tail.subarray(1)]),
      () => Buffer.concat([head, Buffer.of([0, 0x2e, 0x2f, 0xff][below(4)] ?? 0), tail]),
      () => head,
      () => Buffer.concat([bytes, tail]).subarray(0, 2000),
    ];
    bytes = kinds[below(kinds.length)]?.() ?? bytes;
  }
  return bytes;
}

describe("a datagram of anybody", () => {
  it(`breaks nothing (FUZZ_SEED=${seed})`, () => {
    const random = seededRandom(seed);
    const file = Buffer.alloc(3000, 1);
    let { state } = beginTransfer({
      size: file.length,
      requestBytes: 22,
      terms: { blksize: 100, windowsize: 4, granted: options },
    });
    let read = 0;
    for (let count = 0; count < packets; count += 1) {
      const datagram = mutate(random);
      try {
        const packet = parsePacket(datagram);
        read += 1;
        if (packet.kind === "read-request" || packet.kind === "write-request") {
          decideRequest(packet);
          const transfer = decideTransfer(packet, file, { blksizeMax: 1468, windowMax: 64 });
          if (transfer.kind === "send") beginTransfer(transfer.plan);
        }
        const input = inputOf(packet);
        if (input !== undefined) ({ state } = stepTransfer(state, input));
        expect(state.acked).toBeLessThanOrEqual(state.sent);
      } catch (error) {
        if (error instanceof WireError) continue;
        throw new Error(`datagram ${Buffer.from(datagram).toString("hex")}`, { cause: error });
      }
    }
    // Mutants that are all refused at the door would test nothing behind it.
    expect(read).toBeGreaterThan(packets / 4);
  });
});
