import type { ForeignAnswer } from "./foreign-answer.ts";

/** Answers held at once; at 4 KB each, the most that one may have, 8 MB. */
export const cachedAnswersMax = 2000;
const answerBytesMax = 4096;

type Entry = { readonly answer: ForeignAnswer; readonly at: number };

/** Answers of other name servers for as long as they said, the least asked for leaving first. */
export class AnswerCache {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** The answer and its age in seconds. `now` is in milliseconds. */
  find(
    key: string,
    now: number,
  ): { readonly answer: ForeignAnswer; readonly age: number } | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    const age = Math.floor((now - entry.at) / 1000);
    // A clock that was set back makes no answer younger.
    if (age < 0 || age >= entry.answer.keep) return undefined;
    this.#entries.set(key, entry); // now the last to leave
    return { answer: entry.answer, age };
  }

  keep(key: string, answer: ForeignAnswer, now: number): void {
    if (answer.keep === 0 || answer.body.length > answerBytesMax) return;
    this.#entries.delete(key);
    this.#entries.set(key, { answer, at: now });
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > cachedAnswersMax && !oldest.done) this.#entries.delete(oldest.value);
  }
}
