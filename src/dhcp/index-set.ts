/**
 * A set of the numbers below `size`, with the next member from any place on in a few steps: a bit for
 * each number, and above it a bit for each word that has one, up to a single word. 65,536 numbers take
 * four floors.
 */
export class IndexSet {
  readonly size: number;
  readonly #floors: Uint32Array[] = [];

  constructor(size: number) {
    this.size = size;
    for (let bits = size; ; ) {
      const words = Math.max(1, Math.ceil(bits / 32));
      this.#floors.push(new Uint32Array(words));
      if (words === 1) return;
      bits = words;
    }
  }

  has(index: number): boolean {
    return (((this.#floors[0]?.[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
  }

  add(index: number): void {
    for (const floor of this.#floors) {
      const word = floor[index >>> 5] ?? 0;
      floor[index >>> 5] = word | (1 << (index & 31));
      if (word !== 0) return; // those above know of this word
      index >>>= 5;
    }
  }

  delete(index: number): void {
    for (const floor of this.#floors) {
      const word = (floor[index >>> 5] ?? 0) & ~(1 << (index & 31));
      floor[index >>> 5] = word;
      if (word !== 0) return;
      index >>>= 5;
    }
  }

  /** The first member that is `start` or more; else, going round, the first of all. */
  nextFrom(start: number): number | undefined {
    return this.#seek(start) ?? this.#seek(0);
  }

  // Up until a word holds something at or after the place, then down along the first bits.
  #seek(start: number): number | undefined {
    let index = start;
    for (let level = 0; level < this.#floors.length; level += 1) {
      const word = this.#floors[level]?.[index >>> 5] ?? 0;
      const rest = word & (-1 << (index & 31));
      if (rest !== 0) return this.#descend(level, (index & ~31) + lowestBit(rest));
      index = (index >>> 5) + 1;
      if (index >= (this.#floors[level]?.length ?? 0)) return undefined;
    }
    return undefined;
  }

  #descend(level: number, index: number): number {
    let found = index;
    for (let floor = level - 1; floor >= 0; floor -= 1) {
      found = found * 32 + lowestBit(this.#floors[floor]?.[found] ?? 0);
    }
    return found;
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
