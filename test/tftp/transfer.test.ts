import { describe, expect, it } from "vitest";
import {
  beginTransfer,
  bytesAcked,
  firstRepeatsMax,
  inputOf,
  meaningOfRequest,
  outcomeOfRestart,
  repeatMs,
  silenceLimitMs,
  stepTransfer,
  type TransferInput,
  type TransferStep,
  unprovenFactor,
} from "../../src/tftp/transfer.ts";

const granted = [{ name: "blksize", value: "100" }];
const requestBytes = 22;
const plain = { size: 1000, requestBytes, terms: { blksize: 100, windowsize: 1, granted: [] } };
const offered = { size: 1000, requestBytes, terms: { blksize: 100, windowsize: 4, granted } };

const ack = (block: number): TransferInput => ({ kind: "ack", block });
const error = (code: number): TransferInput => ({ kind: "error", code });
const timeout: TransferInput = { kind: "timeout" };
const repeat: TransferInput = { kind: "repeat-request" };

/** Plays inputs and returns the last step. */
function play(plan: typeof plain | typeof offered, ...inputs: readonly TransferInput[]) {
  return inputs.reduce((step, input) => stepTransfer(step.state, input), beginTransfer(plan));
}
/** Packets sent until the transfer is given up. */
function countPackets(plan: typeof plain | typeof offered, inputs: readonly TransferInput[]) {
  let step = beginTransfer(plan);
  let packets = step.send.length;
  for (const input of inputs) {
    if (step.outcome !== undefined) break;
    step = stepTransfer(step.state, input);
    packets += step.send.length;
  }
  expect(step.outcome?.reason).toMatch(/client-silent|last-ack-missing/);
  return packets;
}
const sends = (step: TransferStep) =>
  step.send.map((item) => (item.kind === "data" ? item.block : item.kind));

describe("a transfer's sends", () => {
  const rows = [
    { name: "begins with block 1 when nothing was granted", plan: plain, inputs: [], want: [1] },
    { name: "begins with the OACK", plan: offered, inputs: [], want: ["option-ack"] },
    { name: "sends a window after ACK 0", plan: offered, inputs: [ack(0)], want: [1, 2, 3, 4] },
    { name: "takes an OACK answered by 1", plan: offered, inputs: [ack(1)], want: [1, 2, 3, 4] },
    { name: "ignores an OACK answered by 2", plan: offered, inputs: [ack(2)], want: [] },
    { name: "sends the next block", plan: plain, inputs: [ack(1)], want: [2] },
    { name: "answers no repeated ACK", plan: plain, inputs: [ack(1), ack(1)], want: [] },
    { name: "answers no stale ACK", plan: plain, inputs: [ack(1), ack(2), ack(1)], want: [] },
    { name: "answers no ACK of an unsent block", plan: plain, inputs: [ack(3)], want: [] },
    {
      name: "goes on from inside a window",
      plan: offered,
      inputs: [ack(0), ack(2)],
      want: [3, 4, 5, 6],
    },
    {
      name: "shortens the last window",
      plan: offered,
      inputs: [ack(0), ack(4), ack(8)],
      want: [9, 10, 11],
    },
    {
      name: "sends the OACK again in time",
      plan: offered,
      inputs: [timeout],
      want: ["option-ack"],
    },
    {
      name: "sends the window again in time",
      plan: offered,
      inputs: [ack(0), timeout],
      want: [1, 2, 3, 4],
    },
    {
      name: "sends the rest of a window again",
      plan: offered,
      inputs: [ack(0), ack(3), timeout],
      want: [4, 5, 6, 7],
    },
    {
      name: "repeats the OACK for a repeated request",
      plan: offered,
      inputs: [repeat],
      want: ["option-ack"],
    },
    { name: "repeats block 1 for a repeated request", plan: plain, inputs: [repeat], want: [1] },
    {
      name: "repeats nothing once data was acknowledged",
      plan: plain,
      inputs: [ack(1), repeat],
      want: [],
    },
    {
      name: "repeats no window for a late request",
      plan: offered,
      inputs: [ack(0), repeat],
      want: [],
    },
  ];
  it.each(rows)("$name", ({ plan, inputs, want }) => {
    expect(sends(play(plan, ...inputs))).toEqual(want);
  });

  it("sends a first packet again as often as was asked for it, within a bound", () => {
    const inputs = Array.from({ length: 20 }, () => [repeat, repeat, timeout]).flat();
    expect(countPackets(plain, inputs)).toBe(1 + firstRepeatsMax);
    const heard = requestBytes * (1 + firstRepeatsMax);
    expect(countPackets(offered, inputs) * 14).toBeLessThanOrEqual(unprovenFactor * heard);
  });

  // 14 bytes of OACK, blocks of 104; 3 times the request's bytes is the most.
  const unproven = [
    { name: "an OACK of the request's size twice", plan: offered, requestBytes: 14, want: 3 },
    { name: "an OACK of a longer request more often", plan: offered, requestBytes: 22, want: 4 },
    { name: "a larger OACK never", plan: offered, requestBytes: 9, want: 1 },
    { name: "block 1 never", plan: plain, requestBytes: 22, want: 1 },
    { name: "block 1 once, of a request as long as it", plan: plain, requestBytes: 70, want: 2 },
    {
      name: "an empty block",
      plan: { ...plain, size: 0 },
      requestBytes: 14,
      want: 8, // as long as the client may be silent
    },
  ];
  it.each(unproven)("sends again by the clock: $name", ({ plan, requestBytes, want }) => {
    expect(countPackets({ ...plan, requestBytes }, Array(20).fill(timeout))).toBe(want);
  });

  it("lets a repeated request pay for the clock, too", () => {
    const twice = { ...offered, requestBytes: 9 }; // 27 bytes pay for one OACK, 54 for three
    expect(sends(play(twice, timeout, repeat, timeout))).toEqual(["option-ack"]);
    expect(sends(play(twice, timeout, repeat, timeout, timeout))).toEqual([]);
  });

  it("takes an answer after it stopped asking for one", () => {
    expect(sends(play(offered, ...Array(5).fill(timeout), ack(0)))).toEqual([1, 2, 3, 4]);
  });

  it("ends a file that fills its blocks with an empty one", () => {
    const { send } = play(offered, ack(0), ack(4), ack(8));
    expect(send.at(-1)).toEqual({ kind: "data", block: 11, start: 1000, end: 1000 });
  });

  it("sends one empty block for an empty file", () => {
    const { send } = beginTransfer({ ...plain, size: 0 });
    expect(send).toEqual([{ kind: "data", block: 1, start: 0, end: 0 }]);
  });
});

describe("a transfer's end", () => {
  const all = [0, 4, 8].map(ack);
  const silence = Array.from({ length: 8 }, () => timeout);
  const rows = [
    { name: "last block acknowledged", inputs: [...all, ack(11)], want: ["sent", "acknowledged"] },
    {
      name: "last ACK never came",
      inputs: [...all, ...silence],
      want: ["sent", "last-ack-missing"],
    },
    {
      name: "silent in the middle",
      inputs: [ack(0), ...silence],
      want: ["failed", "client-silent"],
    },
    { name: "never took the OACK", inputs: silence, want: ["failed", "client-silent"] },
    { name: "EDK2's size probe", inputs: [error(8)], want: ["probe", "aborted-after-option-ack"] },
    { name: "Intel's size probe", inputs: [error(0)], want: ["probe", "aborted-after-option-ack"] },
    { name: "no room after the OACK", inputs: [error(3)], want: ["failed", "client-error"] },
    { name: "aborted after data", inputs: [ack(0), error(0)], want: ["failed", "client-error"] },
  ];
  it.each(rows)("$name", ({ inputs, want }) => {
    const { outcome } = play(offered, ...inputs);
    expect([outcome?.kind, outcome?.reason]).toEqual(want);
  });

  it("counts what the client has", () => {
    expect(bytesAcked(play(offered, ack(0), ack(3)).state)).toBe(300);
    expect(bytesAcked(play(offered, ...all, ack(11)).state)).toBe(1000);
  });
});

describe("a transfer's waits", () => {
  const waits = (plan: typeof plain) => {
    const found: number[] = [];
    for (let step = beginTransfer(plan); !step.outcome; step = stepTransfer(step.state, timeout)) {
      found.push(step.waitMs ?? 0);
    }
    return found;
  };

  it("grow, and last longer than a patient client's silence", () => {
    expect(waits(plain)).toEqual([1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000]);
  });

  it("are what the client asked for", () => {
    const slow = { ...plain, terms: { ...plain.terms, timeoutMs: 20_000 } };
    expect(waits(slow)).toEqual([20_000, 20_000]);
    const quick = { ...plain, terms: { ...plain.terms, timeoutMs: 1000 } };
    expect(waits(quick)).toHaveLength(silenceLimitMs / 1000);
  });

  it("start small again with progress, and go on through packets that change nothing", () => {
    expect(play(plain, timeout, timeout, ack(1)).waitMs).toBe(1000);
    expect(play(plain, ack(1), ack(1)).waitMs).toBeUndefined();
    expect(play(plain, repeat).waitMs).toBeUndefined();
  });
});

describe("a request from the peer of an open transfer", () => {
  const offering = beginTransfer(offered).state;
  const moving = play(offered, ack(0), ack(4)).state;
  const rows = [
    {
      name: "the same, unanswered yet",
      state: offering,
      isSame: true,
      ageMs: 9000,
      want: "repeat",
    },
    { name: "another one", state: offering, isSame: false, ageMs: 1, want: "restart" },
    { name: "a late copy", state: moving, isSame: true, ageMs: repeatMs - 1, want: "repeat" },
    {
      name: "a machine that was reset",
      state: moving,
      isSame: true,
      ageMs: repeatMs,
      want: "restart",
    },
  ];
  it.each(rows)("means $want: $name", ({ state, want, ...request }) => {
    expect(meaningOfRequest(state, request)).toBe(want);
  });

  it("ends a probe quietly and a transfer as failed", () => {
    expect(outcomeOfRestart(offering).kind).toBe("probe");
    expect(outcomeOfRestart(moving).kind).toBe("failed");
  });
});

describe("inputOf", () => {
  it("takes ACK and ERROR and nothing else", () => {
    expect(inputOf({ kind: "ack", block: 3 })).toMatchObject({ kind: "ack", block: 3 });
    expect(inputOf({ kind: "data", block: 1, bytes: new Uint8Array() })).toBeUndefined();
  });
});
