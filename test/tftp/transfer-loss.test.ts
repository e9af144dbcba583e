import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { negotiate } from "../../src/tftp/negotiate.ts";
import { formatData, formatPacket, parsePacket } from "../../src/tftp/packet.ts";
import {
  beginTransfer,
  inputOf,
  stepTransfer,
  type TransferInput,
  type TransferPlan,
  type TransferStep,
} from "../../src/tftp/transfer.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { type LinkFaults, lossyLink, seededRandom } from "../support/lossy-link.ts";
import { TftpReceiver } from "../support/tftp-receiver.ts";

type Case = { blksize?: number; windowsize?: number; size: number };

/** How a client asks until it has an answer: so often, so many milliseconds apart. */
type Asking = { readonly tries: number; readonly everyMs: number };
const patient: Asking = { tries: 10, everyMs: 5000 };

/**
 * Plays one transfer over a bad link; gives what arrived, how it ended and how many blocks it cost.
 */
function download(
  file: Uint8Array,
  { blksize, windowsize, asking = patient }: Case & { asking?: Asking },
  faults: LinkFaults,
) {
  const clock = new FakeClock();
  const options = Object.entries({ blksize, windowsize }).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value: String(value) }],
  );
  const terms = negotiate(options, { blksizeMax: 65_464, windowMax: 64 });
  const request = formatPacket({ kind: "read-request", name: "x", mode: "octet", options });
  const plan: TransferPlan = { size: file.length, requestBytes: request.length, terms };
  let step: TransferStep | undefined;
  let timer: Disposable | undefined;
  let blocksSent = 0;
  const apply = (next: TransferStep) => {
    step = { ...next, ...(step?.outcome ? { outcome: step.outcome } : {}) };
    if (next.waitMs !== undefined || next.outcome !== undefined) timer?.[Symbol.dispose]();
    if (next.waitMs !== undefined) {
      timer = clock.after(next.waitMs, () => input({ kind: "timeout" }));
    }
    for (const item of next.send) {
      if (item.kind === "data") blocksSent += 1;
      toClient(
        item.kind === "option-ack"
          ? formatPacket({ kind: "option-ack", options: terms.granted })
          : formatData(item.block, file.subarray(item.start, item.end)),
      );
    }
  };
  const input = (what: TransferInput) => {
    if (step !== undefined && step.outcome === undefined) apply(stepTransfer(step.state, what));
  };
  const toServer = lossyLink(clock, { ...faults, seed: faults.seed + 1 }, (datagram) => {
    const packet = parsePacket(datagram);
    if (packet.kind !== "read-request") {
      const what = inputOf(packet);
      if (what !== undefined) input(what);
    } else if (step === undefined || step.outcome !== undefined) {
      step = undefined; // a transfer that was given up is forgotten
      apply(beginTransfer(plan));
    } else input({ kind: "repeat-request" });
  });
  const receiver = new TftpReceiver(clock, toServer);
  const toClient = lossyLink(clock, faults, (datagram) => receiver.receive(datagram));
  receiver.ask(request, asking);
  const ended = () => step?.outcome;
  const isOver = () => receiver.done && ended() !== undefined;
  for (let minutes = 0; !isOver() && minutes < 60; minutes += 1) clock.step(60_000);
  return { bytes: receiver.bytes(), outcome: ended(), blocksSent };
}

function fileOf(size: number): Uint8Array {
  const random = seededRandom(size);
  return Uint8Array.from({ length: size }, () => random() * 256);
}

const blksizes = [undefined, 8, 512, 1408, 1428, 1432, 1456, 1468, 65_464];
const windowsizes = [undefined, 1, 4, 16, 64];

describe("a transfer over a bad link", () => {
  const files = new Map([0, 1, 511, 512, 513, 4000].map((size) => [size, fileOf(size)]));

  it("brings the same bytes whatever is lost, doubled or overtaken", () => {
    const row = fc.record({
      blksize: fc.constantFrom(...blksizes),
      windowsize: fc.constantFrom(...windowsizes),
      size: fc.constantFrom(...files.keys()),
      loss: fc.constantFrom(0, 0.01, 0.1, 0.3),
      duplicates: fc.constantFrom(0, 0.05),
      delayMs: fc.constantFrom(1, 20),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(row, ({ blksize, windowsize, size, ...faults }) => {
        const file = files.get(size) ?? new Uint8Array();
        const terms = {
          size,
          ...(blksize === undefined ? {} : { blksize }),
          ...(windowsize === undefined ? {} : { windowsize }),
        };
        const { bytes, outcome } = download(file, terms, faults);
        expect(outcome?.kind).toBe("sent");
        expect(bytes.equals(file)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it("brings the same bytes in every combination of block, window, size and loss", () => {
    for (const [size, file] of [...files].filter(([size]) => size < 1000)) {
      for (const blksize of blksizes) {
        for (const windowsize of windowsizes) {
          for (const loss of [0, 0.01, 0.1]) {
            const seed = size * 7 + (blksize ?? 1) * 3 + (windowsize ?? 0);
            const what = { size, ...(blksize && { blksize }), ...(windowsize && { windowsize }) };
            const faults = { seed, loss, duplicates: 0.05, delayMs: 3 };
            const { bytes, outcome } = download(file, what, faults);
            const where = JSON.stringify({ ...what, ...faults });
            expect(outcome?.kind, where).toBe("sent");
            expect(bytes.equals(file), where).toBe(true);
          }
        }
      }
    }
  });

  const long = [
    { name: "block numbers wrap", size: 65_535 * 8 + 3, blksize: 8, windowsize: 16, loss: 0 },
    { name: "block numbers wrap, one by one", size: 65_536 * 8, blksize: 8, loss: 0 },
    {
      name: "block numbers wrap in a lossy window",
      size: 65_535 * 8 + 3,
      blksize: 8,
      windowsize: 64,
      loss: 0.01,
    },
    { name: "40 MB in windows", size: 40_000_000, blksize: 1468, windowsize: 16, loss: 0.01 },
  ];
  it.each(long)("$name", ({ loss, ...terms }) => {
    const file = Buffer.alloc(terms.size, "kindling: any 31 bytes but 2^n ");
    const faults = { seed: terms.size, loss, duplicates: 0, delayMs: 1 };
    const { bytes, outcome } = download(file, terms, faults);
    expect(outcome).toEqual({ kind: "sent", reason: "acknowledged" });
    expect(bytes.equals(file)).toBe(true);
  });

  // What these ask by: EDK2 (MTFTP4), iPXE, Intel's ROMs, U-Boot. Nothing but their own repeated request
  // brings a first block that was lost.
  const firmware = [
    { name: "EDK2", asking: { tries: 6, everyMs: 4000 }, blksize: 1468, windowsize: 4 },
    { name: "iPXE", asking: { tries: 8, everyMs: 1000 }, blksize: 1432 },
    { name: "an Intel ROM", asking: { tries: 6, everyMs: 4000 }, blksize: 1456 },
    { name: "U-Boot", asking: { tries: 10, everyMs: 5000 }, blksize: 1468, windowsize: 1 },
    { name: "a ROM without options", asking: { tries: 6, everyMs: 4000 } },
  ];
  it.each(firmware)("of 5 % loss brings $name its loader each time", ({ name: _, ...terms }) => {
    const file = fileOf(70_000);
    for (let seed = 1; seed <= 200; seed += 1) {
      const faults = { seed, loss: 0.05, duplicates: 0.01, delayMs: 2 };
      const { bytes, outcome } = download(file, { size: file.length, ...terms }, faults);
      expect(outcome?.kind, `seed ${seed}`).toBe("sent");
      expect(bytes.equals(file), `seed ${seed}`).toBe(true);
    }
  });

  it("sends each block once when only copies and delays disturb it", () => {
    const file = fileOf(20_000);
    const faults = { seed: 7, loss: 0, duplicates: 0.5, delayMs: 1 };
    const { blocksSent } = download(file, { size: file.length }, faults);
    expect(blocksSent).toBe(Math.floor(file.length / 512) + 1);
  });
});
