/** So many names are remembered: more are asked for by a crawler only. */
const namesMost = 1024;

/** What was asked for lately, so that a second time is known as one. Pure but for its own memory. */
export class Sightings {
  readonly #withinMs: number;
  /** By last sight, oldest first. */
  readonly #seenAt = new Map<string, number>();

  constructor(withinMs: number) {
    this.#withinMs = withinMs;
  }

  /** Was `name` seen a short time before `now`? It is from here on. */
  see(name: string, now: number): boolean {
    const before = this.#seenAt.get(name);
    this.#seenAt.delete(name);
    this.#seenAt.set(name, now);
    const [oldest] = this.#seenAt.keys();
    if (this.#seenAt.size > namesMost && oldest !== undefined) this.#seenAt.delete(oldest);
    return before !== undefined && now - before < this.#withinMs;
  }
}
