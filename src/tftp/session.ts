import { setImmediate as soon } from "node:timers";
import type { Clock } from "../runtime/clock.ts";
import { formatData, formatPacket, type TftpPacket } from "./packet.ts";
import {
  beginTransfer,
  inputOf,
  stepTransfer,
  type TransferInput,
  type TransferOutcome,
  type TransferPlan,
  type TransferSend,
  type TransferState,
  type TransferStep,
} from "./transfer.ts";

export type SessionOptions = {
  readonly clock: Clock;
  readonly bytes: Uint8Array;
  readonly plan: TransferPlan;
  readonly send: (datagram: Uint8Array) => void;
  /** Keeps the event loop awake for so long: this client is about to answer. */
  readonly stayAwake?: (ms: number) => void;
  /** Called once; `cause` is our own bug, or the text of the client's ERROR. */
  readonly ended: (state: TransferState, outcome: TransferOutcome, cause?: unknown) => void;
};

/**
 * Datagrams sent before other work gets its turn: a window of 64 at once overflows small buffers.
 */
const burst = 16;

/**
 * A client that answered within this time is waited for awake: a virtual machine of this host, or a neighbour
 * on a fast network. One that takes longer, as most firmware does, finds the loop asleep and costs nothing.
 */
const quickMs = 0.2;

/** One running transfer: feeds packets and time to the state machine, sends what that says. */
export class Session {
  readonly #options: SessionOptions;
  #state: TransferState;
  #queue: readonly TransferSend[] = [];
  #timer: Disposable | undefined;
  /** When the timer that runs is due, and when the wait is over: later, once there was progress. */
  #timerAt = 0;
  #waitAt = 0;
  #waitMs = 0;
  #pumping = false;
  #sentAt = 0;
  #isQuick = false;
  #ended = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const first = beginTransfer(options.plan);
    this.#state = first.state;
    this.#guard(() => this.#apply(first));
  }

  get state(): TransferState {
    return this.#state;
  }

  /** Takes a packet of this transfer's client; what is neither ACK nor ERROR means nothing here. */
  receive(packet: TftpPacket): void {
    const cause = packet.kind === "error" ? `${packet.code} ${packet.message}` : undefined;
    const input = inputOf(packet);
    if (input === undefined) return;
    this.#isQuick = this.#elapsed() - this.#sentAt < quickMs;
    this.step(input, cause);
  }

  step(input: TransferInput, cause?: string): void {
    if (!this.#ended) this.#guard(() => this.#apply(stepTransfer(this.#state, input), cause));
  }

  /** Ends the transfer from our side; nothing is sent for it any more. */
  end(outcome: TransferOutcome, cause?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer?.[Symbol.dispose]();
    this.#queue = [];
    this.#options.ended(this.#state, outcome, cause);
  }

  #apply(step: TransferStep, cause?: string): void {
    this.#state = step.state;
    if (step.outcome !== undefined) {
      this.end(step.outcome, cause);
      return;
    }
    if (step.waitMs !== undefined) this.#wait(step.waitMs);
    if (step.send.length === 0) return;
    this.#queue = step.send;
    if (!this.#pumping) this.#pump();
  }

  // Each block starts the wait anew: a timer that runs already is left to find out when it is due.
  #wait(ms: number): void {
    const { clock } = this.#options;
    this.#waitAt = clock.now() + ms;
    this.#waitMs = ms;
    if (this.#timer !== undefined && this.#timerAt <= this.#waitAt) return;
    this.#timer?.[Symbol.dispose]();
    this.#setTimer(ms);
  }

  #setTimer(ms: number): void {
    const { clock } = this.#options;
    this.#timerAt = clock.now() + ms;
    this.#timer = clock.after(ms, () => {
      this.#timer = undefined;
      const left = this.#waitAt - clock.now();
      // More is left than the whole wait when the time of day was set back meanwhile.
      if (left > 0 && left <= this.#waitMs) this.#setTimer(left);
      else this.step({ kind: "timeout" });
    });
  }

  #pump(): void {
    const items = this.#queue;
    this.#queue = items.length > burst ? items.slice(burst) : [];
    for (const item of items.length > burst ? items.slice(0, burst) : items) {
      this.#options.send(this.#format(item));
    }
    this.#sentAt = this.#elapsed();
    if (this.#isQuick) this.#options.stayAwake?.(quickMs);
    this.#pumping = this.#queue.length > 0;
    if (this.#pumping) soon(() => this.#guard(() => this.#pump()));
  }

  #elapsed(): number {
    const { clock } = this.#options;
    return (clock.monotonic ?? clock.now)();
  }

  #format(item: TransferSend): Uint8Array {
    if (item.kind === "option-ack") {
      return formatPacket({ kind: "option-ack", options: this.#options.plan.terms.granted });
    }
    return formatData(item.block, this.#options.bytes.subarray(item.start, item.end));
  }

  // A bug here costs this transfer and no other.
  #guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.end({ kind: "failed", reason: "internal-error" }, error);
    }
  }
}
