/** Things in the order of a number each: the lowest first, any of them taken out in O(log n). */
export class RankedQueue<Item> {
  readonly #items: Item[] = [];
  readonly #ranks: number[] = [];
  readonly #places = new Map<Item, number>();

  get size(): number {
    return this.#items.length;
  }

  /** All of them, in no order that means anything. */
  items(): readonly Item[] {
    return [...this.#items];
  }

  first(): { readonly item: Item; readonly rank: number } | undefined {
    const [item, rank] = [this.#items[0], this.#ranks[0]];
    return item === undefined || rank === undefined ? undefined : { item, rank };
  }

  /** Puts the item in, or to its new place. */
  set(item: Item, rank: number): void {
    this.delete(item);
    const place = this.#items.length;
    this.#put(place, item, rank);
    this.#rise(place);
  }

  delete(item: Item): void {
    const place = this.#places.get(item);
    if (place === undefined) return;
    this.#places.delete(item);
    const last = this.#items.pop();
    const rank = this.#ranks.pop();
    if (last === undefined || rank === undefined || place === this.#items.length) return;
    this.#put(place, last, rank);
    this.#rise(place);
    this.#sink(place);
  }

  #put(place: number, item: Item, rank: number): void {
    this.#items[place] = item;
    this.#ranks[place] = rank;
    this.#places.set(item, place);
  }

  #rise(from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (this.#rankAt(parent) <= this.#rankAt(place)) return;
      this.#swap(parent, place);
      place = parent;
    }
  }

  #sink(from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      const child = this.#rankAt(left + 1) < this.#rankAt(left) ? left + 1 : left;
      if (this.#rankAt(child) >= this.#rankAt(place)) return;
      this.#swap(child, place);
      place = child;
    }
  }

  #rankAt(place: number): number {
    return this.#ranks[place] ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const [itemA, itemB] = [this.#items[a], this.#items[b]];
    const [rankA, rankB] = [this.#rankAt(a), this.#rankAt(b)];
    if (itemA === undefined || itemB === undefined) return;
    this.#put(a, itemB, rankB);
    this.#put(b, itemA, rankA);
  }
}
