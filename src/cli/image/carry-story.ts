import {
  addSample,
  formatBytes,
  formatProgress,
  type RateSample,
  rateOf,
} from "../../assets/image/progress.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { CliOutput } from "../context.ts";

/** How often a line is written where no terminal is, and a bar is drawn where one is. */
const lineMs = 10_000;
const barMs = 100;

/** Tells how far images are that are carried out or in: a bar on a terminal, a line now and then elsewhere. */
export class CarryStory implements Disposable {
  readonly #output: CliOutput;
  #samples: readonly RateSample[] = [];
  #told = systemClock.now();
  #isDrawn = false;

  constructor(output: CliOutput) {
    this.#output = output;
  }

  passed(file: string, bytes: number, total: number): void {
    const now = systemClock.now();
    this.#samples = addSample(this.#samples, { at: now, bytes });
    const { isTerminal, columns } = this.#output;
    if (now - this.#told < (isTerminal ? barMs : lineMs)) return;
    this.#told = now;
    if (!isTerminal) {
      this.line(`${file}: ${formatBytes(bytes)} of ${formatBytes(total)}`);
      return;
    }
    const step = { kind: "fetching", file, bytes, total, resumed: 0 } as const;
    this.#output.write(`\r${formatProgress(step, rateOf(this.#samples), columns)}\x1b[K`);
    this.#isDrawn = true;
  }

  line(text: string): void {
    this[Symbol.dispose]();
    this.#output.write(`${text}\n`);
  }

  /** Leaves the terminal's cursor at the beginning of an empty line. */
  [Symbol.dispose](): void {
    if (this.#isDrawn) this.#output.write("\r\x1b[K");
    this.#isDrawn = false;
  }
}
