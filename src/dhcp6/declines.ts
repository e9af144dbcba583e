/** Clients whose declines are remembered; the oldest leave first and may be given the same once more. */
export const declineLimit = 1024;

/** How often each client said that the address it was given is in use. In memory: a restart asks anew. */
export class Declines {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    const count = this.of(key) + 1;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > declineLimit && oldest !== undefined) this.#counts.delete(oldest);
  }
}
