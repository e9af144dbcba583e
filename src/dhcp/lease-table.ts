import type { Ipv4Address } from "../wire/ipv4.ts";
import type { Lease, LeaseChange, LeaseView, Offer } from "./lease.ts";
import type { BindingKey } from "./request.ts";

/**
 * Leases and offers in memory. Bounded by the addresses that the scopes hold: one entry for each.
 */
export class LeaseTable implements LeaseView {
  readonly #leases = new Map<Ipv4Address, Lease>();
  /** Nearly every client has one, and an array for each would be 6 MB of 100,000. */
  readonly #leasesOf = new Map<BindingKey, Lease | readonly Lease[]>();
  readonly #named = new Map<string, Ipv4Address>();
  readonly #offers = new Map<Ipv4Address, Offer>();
  readonly #offerOf = new Map<BindingKey, Offer>();

  constructor(leases: Iterable<Lease> = []) {
    for (const lease of leases) this.#putLease(lease);
  }

  readonly leaseAt = (address: Ipv4Address) => this.#leases.get(address);
  readonly leasesOf = (key: BindingKey): readonly Lease[] => {
    const held = this.#leasesOf.get(key) ?? [];
    return "address" in held ? [held] : held;
  };
  readonly leaseNamed = (hostname: string) => {
    const address = this.#named.get(hostname);
    return address === undefined ? undefined : this.#leases.get(address);
  };
  readonly offerAt = (address: Ipv4Address) => this.#offers.get(address);
  readonly offerOf = (key: BindingKey) => this.#offerOf.get(key);

  /** Every lease, in no order that means anything. */
  all(): readonly Lease[] {
    return [...this.#leases.values()];
  }

  /** Every offer that is held, ended or not, in no order that means anything. */
  offers(): readonly Offer[] {
    return [...this.#offers.values()];
  }

  apply(changes: readonly LeaseChange[]): void {
    for (const change of changes) {
      if (change.kind === "lease") this.#putLease(change.lease);
      else if (change.kind === "offer") this.#putOffer(change.offer);
      else this.#dropOffer(this.#offers.get(change.address));
    }
  }

  /** What an address was before changes that did not come to be. */
  restore(address: Ipv4Address, lease: Lease | undefined): void {
    const now = this.#leases.get(address);
    if (lease !== undefined) this.#putLease(lease);
    else if (now !== undefined) {
      this.#forget(now);
      this.#leases.delete(address);
    }
  }

  get size(): number {
    return this.#leases.size;
  }

  #putLease(lease: Lease): void {
    const before = this.#leases.get(lease.address);
    if (before !== undefined) this.#forget(before);
    this.#leases.set(lease.address, lease);
    const others = this.#leasesOf.has(lease.key) ? this.leasesOf(lease.key) : undefined;
    this.#leasesOf.set(lease.key, others === undefined ? lease : [...others, lease]);
    if (lease.hostname !== undefined) this.#named.set(lease.hostname, lease.address);
  }

  #forget(lease: Lease): void {
    const { hostname = "", address } = lease;
    if (this.#named.get(hostname) === address) this.#named.delete(hostname);
    const others = this.leasesOf(lease.key).filter((other) => other.address !== lease.address);
    if (others.length === 0) this.#leasesOf.delete(lease.key);
    else this.#leasesOf.set(lease.key, others);
  }

  // One offer for a client and one for an address: the newer one replaces either.
  #putOffer(offer: Offer): void {
    this.#dropOffer(this.#offers.get(offer.address));
    this.#dropOffer(this.#offerOf.get(offer.key));
    this.#offers.set(offer.address, offer);
    this.#offerOf.set(offer.key, offer);
  }

  #dropOffer(offer: Offer | undefined): void {
    if (offer === undefined) return;
    this.#offers.delete(offer.address);
    this.#offerOf.delete(offer.key);
  }
}
