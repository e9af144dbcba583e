import type { Ipv4Address } from "../wire/ipv4.ts";
import { IndexSet } from "./index-set.ts";
import { isLive, type Lease, type LeaseView, type Offer } from "./lease.ts";
import type { PoolSpace } from "./pool-space.ts";
import { RankedQueue } from "./ranked-queue.ts";
import type { BindingKey } from "./request.ts";

/** When a pool is exhausted an offer may be taken back after this: floods of DISCOVERs leave such. */
export const halfOpenMs = 10_000;

/** What a probe said holds this long; about the life of an entry in a host's own ARP table. */
export const verdictMs = 600_000;

/** What the list is filled from: the tables, which it follows by the same changes from then on. */
export type FreeListSource = {
  readonly space: PoolSpace;
  readonly leases: LeaseView;
  readonly all: readonly Lease[];
  readonly offers: readonly Offer[];
  readonly graceSeconds: number;
};

/**
 * The addresses of one scope that may be given to a newcomer, best first: never used (from the place
 * the client's key hashes to, so that it tends to get the same one after the leases were lost, and
 * found silent by a probe before others), unused the longest, ended within grace, declined and past
 * probation, offered and not taken up for 10 s. Every step is O(log n) in the size of the pool.
 */
export class FreeList {
  readonly #source: FreeListSource;
  readonly #fresh: IndexSet;
  readonly #freshChecked: IndexSet;
  /** Leases that run and addresses on probation, by their end; then they move to the next two. */
  readonly #busy = new RankedQueue<Ipv4Address>();
  readonly #used = new RankedQueue<Ipv4Address>();
  readonly #declined = new RankedQueue<Ipv4Address>();
  readonly #offers = new Map<Ipv4Address, Offer>();
  readonly #offerOf = new Map<BindingKey, Ipv4Address>();
  readonly #offersEnd = new RankedQueue<Ipv4Address>();
  readonly #halfOpen = new RankedQueue<Ipv4Address>();
  readonly #checks = new RankedQueue<Ipv4Address>();
  readonly #checked = new Set<Ipv4Address>();
  #cursor = 0;
  #freshCount = 0;
  #latest = 0;
  readonly usable: number;

  constructor(source: FreeListSource) {
    this.#source = source;
    const { space, all, offers } = source;
    this.#fresh = new IndexSet(space.size);
    this.#freshChecked = new IndexSet(space.size);
    let usable = 0;
    for (let index = 0; index < space.size; index += 1) {
      if (!space.isUsable(space.addressAt(index))) continue;
      this.#fresh.add(index);
      usable += 1;
    }
    this.usable = usable;
    this.#freshCount = usable;
    for (const lease of all) this.#place(lease.address);
    for (const offer of offers) this.offer(offer);
  }

  /** The best address for a newcomer; undefined when none can be had. */
  choose(hash: number, now: number): Ipv4Address | undefined {
    this.#advance(now);
    const { space } = this.#source;
    const start = hash % Math.max(1, space.size);
    const fresh = this.#freshChecked.nextFrom(start) ?? this.#fresh.nextFrom(start);
    if (fresh !== undefined) return space.addressAt(fresh);
    const past = this.#used.first() ?? this.#declined.first();
    if (past !== undefined) return past.item;
    const open = this.#halfOpen.first();
    return open !== undefined && open.rank + halfOpenMs <= now ? open.item : undefined;
  }

  /** Follows the tables, which hold the lease already. */
  leased(address: Ipv4Address): void {
    this.#place(address);
  }

  offer(offer: Offer): void {
    this.withdraw(offer.address);
    const before = this.#offerOf.get(offer.key);
    if (before !== undefined) this.withdraw(before);
    if (!this.#source.space.isUsable(offer.address)) return;
    this.#offers.set(offer.address, offer);
    this.#offerOf.set(offer.key, offer.address);
    this.#place(offer.address);
  }

  withdraw(address: Ipv4Address): void {
    const offer = this.#offers.get(address);
    if (offer === undefined) return;
    this.#offers.delete(address);
    this.#offerOf.delete(offer.key);
    this.#place(address);
  }

  /** Nobody answered for this address just now. */
  foundSilent(address: Ipv4Address, now: number): void {
    this.#checked.add(address);
    this.#checks.set(address, now + verdictMs);
    this.#place(address, now);
  }

  isChecked(address: Ipv4Address, now: number): boolean {
    this.#advance(now);
    return this.#checked.has(address);
  }

  /** The addresses known to be silent. */
  reserve(now: number): number {
    this.#advance(now);
    return this.#checked.size;
  }

  /** The next address that is worth a probe; each call goes on from the last one. */
  nextUnchecked(now: number): Ipv4Address | undefined {
    this.#advance(now);
    const { space } = this.#source;
    for (let tries = 0; tries < uncheckedTries; tries += 1) {
      const index = this.#fresh.nextFrom(this.#cursor);
      if (index === undefined) break;
      this.#cursor = (index + 1) % space.size;
      const address = space.addressAt(index);
      if (!this.#checked.has(address)) return address;
    }
    const used = this.#used.first()?.item;
    return used !== undefined && !this.#checked.has(used) ? used : undefined;
  }

  /** How many usable addresses a newcomer could not have at once. */
  taken(now: number): number {
    this.#advance(now);
    return this.usable - this.#freshCount - this.#used.size - this.#declined.size;
  }

  #place(address: Ipv4Address, now = 0): void {
    const { space, leases } = this.#source;
    const index = space.indexOf(address);
    if (index === undefined || !space.isUsable(address)) return;
    const lease = leases.leaseAt(address);
    const offer = this.#offers.get(address);
    this.#setFresh(index, lease === undefined && offer === undefined);
    for (const queue of [this.#busy, this.#used, this.#declined, this.#offersEnd, this.#halfOpen]) {
      queue.delete(address);
    }
    if (offer !== undefined) {
      const isTaken = lease?.state === "bound" && isLive(lease, offer.since);
      this.#offersEnd.set(address, offer.expires);
      if (!isTaken) this.#halfOpen.set(address, offer.since);
    } else if (lease !== undefined) this.#placeLease(lease, now);
  }

  // A bound lease ranks behind one that was given back as much earlier as the grace is long.
  #placeLease({ address, state, expires }: Lease, now: number): void {
    if (state === "released") this.#used.set(address, expires);
    else if (expires > now) this.#busy.set(address, expires);
    else if (state === "declined") this.#declined.set(address, expires);
    else this.#used.set(address, expires + this.#source.graceSeconds * 1000);
  }

  #setFresh(index: number, isFresh: boolean): void {
    if (this.#fresh.has(index) !== isFresh) this.#freshCount += isFresh ? 1 : -1;
    if (isFresh) this.#fresh.add(index);
    else this.#fresh.delete(index);
    const isChecked = isFresh && this.#checked.has(this.#source.space.addressAt(index));
    if (isChecked) this.#freshChecked.add(index);
    else this.#freshChecked.delete(index);
  }

  // The clock was set back: what had ended may be running again.
  #settle(now: number): void {
    for (const queue of [this.#used, this.#declined]) {
      for (const address of queue.items()) this.#place(address, now);
    }
  }

  // Each offer and each verdict ends once, so this is O(log n) for each that was made.
  #advance(now: number): void {
    for (;;) {
      const ended = this.#offersEnd.first();
      if (ended === undefined || ended.rank > now) break;
      this.withdraw(ended.item);
    }
    for (;;) {
      const ended = this.#busy.first();
      if (ended === undefined || ended.rank > now) break;
      this.#place(ended.item, now);
    }
    if (now < this.#latest) this.#settle(now);
    this.#latest = now;
    for (;;) {
      const old = this.#checks.first();
      if (old === undefined || old.rank > now) break;
      this.#checks.delete(old.item);
      this.#checked.delete(old.item);
      this.#place(old.item, now);
    }
  }
}

/** Places looked at for one answer: checked ones lie together behind the cursor, seldom before it. */
const uncheckedTries = 64;
