import type { Zones } from "./decide.ts";
import type { DnsName } from "./name.ts";

/** An answer as bytes, and what the log and the rate limit want to know of it. */
export type HotAnswer = {
  readonly bytes: Uint8Array;
  readonly name: DnsName | undefined;
  readonly source: DnsName | undefined;
  readonly type: string | undefined;
  readonly reason: string;
  readonly rcode: number;
};

/** Longer queries carry options of their own and are seldom asked twice. */
const queryBytesMax = 128;
const headerBytes = 12;
/** Answers of one view of the zones: at 1232 bytes each 2.5 MB. */
export const hotAnswersMax = 2048;

/**
 * Answers that were given, by the query's own bytes behind its id: flags, letter case and EDNS are part of
 * the key, so an answer fits whoever asks with the same bytes. They go when the zones are built anew.
 */
export class HotAnswers {
  readonly #views = new WeakMap<Zones, Map<string, HotAnswer>>();

  find(zones: Zones, query: Uint8Array, kind: string): HotAnswer | undefined {
    if (!isOrdinary(query)) return undefined;
    return this.#views.get(zones)?.get(kind + textOf(query));
  }

  keep(
    zones: Zones,
    query: Uint8Array,
    { kind, answer }: { kind: string; answer: HotAnswer },
  ): void {
    if (!isOrdinary(query)) return;
    const known = this.#views.get(zones) ?? new Map<string, HotAnswer>();
    // Cheaper than knowing the oldest, and as good: what is hot is back with its next question.
    if (known.size >= hotAnswersMax) known.clear();
    known.set(kind + textOf(query), answer);
    this.#views.set(zones, known);
  }
}

/** The answer under the id of this query. */
export function answerAgain({ bytes }: HotAnswer, query: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  copy[0] = query[0] ?? 0;
  copy[1] = query[1] ?? 0;
  return copy;
}

function isOrdinary({ length }: Uint8Array): boolean {
  return length >= headerBytes && length <= queryBytesMax;
}

// What a socket gives is a Buffer already.
function textOf(query: Uint8Array): string {
  const buffer = Buffer.isBuffer(query) ? query : Buffer.from(query);
  return buffer.toString("latin1", 2);
}
