import type { BootEvent } from "../boot/event.ts";
import { formatEvent } from "../boot/event-json.ts";
import { foldTimelines, type Timeline } from "../boot/timeline.ts";
import { renderWaterfall } from "../render/waterfall.ts";

/** Where the lab draws; a terminal is drawn over in place, anything else gets lines appended. */
export type Screen = {
  write(text: string): unknown;
  readonly isTerminal: boolean;
  readonly columns: number;
};

/** How the lab shows what happens. */
export type LiveView = Disposable & {
  show(events: readonly BootEvent[]): void;
  say(sentence: string): void;
  /** The whole picture, once, where it was not drawn already. */
  sum(events: readonly BootEvent[]): void;
};

/** The clock of an unfinished boot runs on even while nothing arrives. */
const redrawMs = 500;

/** A waterfall that grows: redrawn in place on a terminal, else each finished row once. */
export function openLiveView(screen: Screen, now: () => number): LiveView {
  return screen.isTerminal ? new Redrawn(screen, now) : new Appended(screen);
}

/** One JSON object a line, for programs. */
export function openJsonView(screen: Screen): LiveView {
  let shown = 0;
  return {
    show(events) {
      for (const event of events.slice(shown)) {
        screen.write(`{"kind":"event","event":${formatEvent(event)}}\n`);
      }
      shown = events.length;
    },
    say: (sentence) => screen.write(`${JSON.stringify({ kind: "step", sentence })}\n`),
    sum() {},
    [Symbol.dispose]() {},
  };
}

class Redrawn implements LiveView {
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #boots: readonly Timeline[] = [];
  #height = 0;

  constructor(screen: Screen, now: () => number) {
    this.#screen = screen;
    this.#now = now;
    this.#timer = setInterval(() => this.#draw(), redrawMs);
  }

  show(events: readonly BootEvent[]): void {
    this.#boots = foldTimelines(events);
    this.#draw();
  }

  say(sentence: string): void {
    this.#screen.write(`${this.#clear()}${sentence}\n`);
    this.#draw();
  }

  sum(): void {}

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #draw(): void {
    const width = this.#screen.columns;
    const lines = this.#boots.flatMap((boot) => {
      const up = boot.rows.some((row) => row.stage === "user-space");
      const nowMs = up ? 0 : this.#now() - boot.startedAt;
      return ["", ...renderWaterfall(boot, { width, nowMs, color: true })];
    });
    this.#screen.write(this.#clear() + lines.map((line) => `${line}\n`).join(""));
    this.#height = lines.length;
  }

  // Up over what was drawn before, and everything below forgotten.
  #clear(): string {
    const height = this.#height;
    this.#height = 0;
    return height === 0 ? "" : `\u001b[${height}A\u001b[J`;
  }
}

class Appended implements LiveView {
  readonly #screen: Screen;
  readonly #shown = new Map<string, number>();

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  // A row is final once another one follows; the last of a boot is the report.
  show(events: readonly BootEvent[]): void {
    for (const boot of foldTimelines(events)) {
      const key = `${boot.mac} ${boot.startedAt}`;
      const up = boot.rows.at(-1)?.stage === "user-space";
      const final = up ? boot.rows.length : boot.rows.length - 1;
      const before = this.#shown.get(key) ?? 0;
      const [, ...lines] = renderWaterfall(boot, { width: this.#screen.columns, plain: true });
      const fresh = lines.slice(before, final);
      for (const line of fresh) this.say(`${boot.mac}  ${line}`);
      this.#shown.set(key, Math.max(before, final));
    }
  }

  say(sentence: string): void {
    this.#screen.write(`${sentence}\n`);
  }

  sum(events: readonly BootEvent[]): void {
    for (const boot of foldTimelines(events)) {
      this.say("");
      for (const line of renderWaterfall(boot, { width: this.#screen.columns })) this.say(line);
    }
  }

  [Symbol.dispose](): void {}
}
