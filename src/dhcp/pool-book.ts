import type { Ipv4Address } from "../wire/ipv4.ts";
import { Admission, type AdmissionLimits } from "./admission.ts";
import { FreeList } from "./free-list.ts";
import type { LeaseChange } from "./lease.ts";
import type { LeaseTable } from "./lease-table.ts";
import type { FreeAddresses, Newcomer, Shortage } from "./pool.ts";
import { formPoolSpace } from "./pool-space.ts";
import type { ReservationBook } from "./reservations.ts";
import type { DhcpScope } from "./settings.ts";

export type PoolBookSource = {
  readonly table: LeaseTable;
  readonly reservations: ReservationBook;
  readonly own: readonly Ipv4Address[];
  readonly graceSeconds: number;
  readonly limits: AdmissionLimits;
};

/**
 * The free list of each scope, made when the scope is first asked for. New settings take a new book;
 * it is filled from the tables, so nothing is lost but what was probed.
 */
export class PoolBook implements FreeAddresses {
  readonly #source: PoolBookSource;
  /** By the addresses they are of: of one scope each class of clients may see other pools. */
  readonly #lists = new Map<string, FreeList>();
  readonly #listOf = new WeakMap<DhcpScope, FreeList>();
  readonly #admission = new Admission();

  constructor(source: PoolBookSource) {
    this.#source = source;
  }

  listOf(scope: DhcpScope): FreeList {
    const known = this.#listOf.get(scope);
    if (known !== undefined) return known;
    const key = nameOf(scope);
    const list = this.#lists.get(key) ?? this.#fill(scope);
    this.#lists.set(key, list);
    this.#listOf.set(scope, list);
    return list;
  }

  #fill(scope: DhcpScope): FreeList {
    const { table, reservations, own, graceSeconds } = this.#source;
    const isReserved = (address: Ipv4Address) => reservations.byAddress.has(address);
    const space = formPoolSpace(scope, { own, isReserved });
    const offers = table.offers();
    return new FreeList({ space, leases: table, all: table.all(), offers, graceSeconds });
  }

  choose(scope: DhcpScope, { hash, ...newcomer }: Newcomer): Ipv4Address | Shortage {
    const { now } = newcomer;
    const list = this.listOf(scope);
    const address = list.choose(hash, now);
    if (address === undefined) return "pool-exhausted";
    const fullness = list.taken(now) / list.usable;
    const admitted = this.#admission.admits({ ...newcomer, fullness }, this.#source.limits);
    return admitted ? address : "too-many-new-machines";
  }

  /** Follows the tables; called after they have the changes. */
  apply(changes: readonly LeaseChange[]): void {
    for (const list of this.#lists.values()) {
      for (const change of changes) {
        if (change.kind === "lease") list.leased(change.lease.address);
        else if (change.kind === "offer") list.offer(change.offer);
        else list.withdraw(change.address);
      }
    }
  }

  /** The tables took a change back. */
  restored(address: Ipv4Address): void {
    for (const list of this.#lists.values()) list.leased(address);
  }
}

function nameOf({ subnet, pools }: DhcpScope): string {
  return [subnet.network, ...pools.flatMap(({ first, last }) => [first, last])].join(" ");
}
