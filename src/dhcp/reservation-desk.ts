import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { Lease, LeaseChange } from "./lease.ts";
import { decideEnd, type LeaseAct } from "./lease-ending.ts";
import type { Keeping } from "./lease-keeper.ts";
import {
  decideReserve,
  decideUnreserve,
  type KeptReservation,
  type RefusedReason,
  type ReservationWorld,
  type ReserveWish,
} from "./reservation-keeping.ts";
import { mergeReservations } from "./reservation-merge.ts";
import type { ReservationStore } from "./reservation-store.ts";
import type { Reservation } from "./reservations.ts";
import type { DhcpSettings } from "./settings.ts";

/** The server that the desk speaks to. */
export type LeaseHolder = {
  replaceSettings(settings: DhcpSettings): void;
  leases(): readonly Lease[];
  keep(changes: readonly LeaseChange[]): Promise<Keeping>;
};

export type DeskDeps = {
  readonly store: ReservationStore;
  /** Those of the configuration. */
  readonly settings: DhcpSettings;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
};

/** What became of a wish. */
export type DeskOutcome =
  | { readonly kind: "refused"; readonly reason: RefusedReason; readonly message: string }
  | { readonly kind: "done"; readonly row: DeskRow; readonly notes: readonly string[] };

/** A reservation or a lease as operators read it. */
export type DeskRow = {
  readonly mac?: string;
  readonly uuid?: string;
  /** Hexadecimal digits, as all that a relay or a client says; of the configuration only. */
  readonly clientId?: string;
  readonly circuitId?: string;
  readonly remoteId?: string;
  readonly address?: string;
  readonly hostname?: string;
};

/** A reservation, and where it is kept; one that does not count names what the configuration has. */
export type ListedReservation = DeskRow & {
  readonly source: "config" | "state";
  readonly shadowedBy?: string;
};

/**
 * Where operators ask for reservations and end leases while the daemon runs. The one row of a machine is
 * its address in DHCP and its name in DNS: both see it before the answer leaves.
 */
export class ReservationDesk {
  readonly #deps: DeskDeps;
  readonly #listeners = new Set<() => void>();
  #settings: DhcpSettings;
  #kept: readonly KeptReservation[];
  #holder: LeaseHolder | undefined;

  constructor(deps: DeskDeps) {
    this.#deps = deps;
    this.#settings = deps.settings;
    this.#kept = deps.store.load();
    this.#tellShadowed();
  }

  /** The settings that DHCP serves by: those of the configuration, and what is kept beside them. */
  get settings(): DhcpSettings {
    const { reservations } = mergeReservations(this.#settings.reservations, this.#kept);
    return { ...this.#settings, reservations };
  }

  /** From here on this server has what the desk has. */
  serveThrough(holder: LeaseHolder): void {
    this.#holder = holder;
  }

  /** The configuration was read again. */
  replaceSettings(settings: DhcpSettings): void {
    this.#settings = settings;
    this.#tellShadowed();
    this.#spread();
  }

  /** Calls back after each change that names or addresses depend on. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  list(): readonly ListedReservation[] {
    const config = this.#settings.reservations;
    const { shadowed } = mergeReservations(config, this.#kept);
    const common = new Map(shadowed.map((one) => [one.reservation, one.common]));
    return [
      ...config.map((row) => ({ ...rowOf(row), ...idsOf(row), source: "config" as const })),
      ...this.#kept.map((row) => {
        const by = common.get(row);
        const state = { ...rowOf(row), source: "state" as const };
        return by === undefined ? state : { ...state, shadowedBy: by };
      }),
    ];
  }

  /** One after the other, each seeing those before it; a trial changes nothing. */
  reserve(wishes: readonly ReserveWish[], isTrial: boolean): readonly DeskOutcome[] {
    let world = this.#world();
    const outcomes = wishes.map((wish): DeskOutcome => {
      const decision = decideReserve(wish, world);
      if (decision.kind === "refused") return decision;
      world = { ...world, kept: decision.kept };
      return { kind: "done", row: rowOf(decision.reservation), notes: decision.notes };
    });
    if (!isTrial) this.#keep(world.kept, outcomes, "reservation kept");
    return outcomes;
  }

  unreserve(word: string): DeskOutcome {
    const decision = decideUnreserve(word, this.#world());
    if (decision.kind === "refused") return decision;
    const outcome: DeskOutcome = { kind: "done", row: rowOf(decision.reservation), notes: [] };
    this.#keep(decision.kept, [outcome], "reservation removed");
    return outcome;
  }

  async endLease(act: LeaseAct, word: string): Promise<DeskOutcome> {
    const { leases, now } = this.#world();
    const decision = decideEnd(act, word, { leases, now });
    if (decision.kind === "refused") return decision;
    const { lease, notes } = decision;
    const keeping = await this.#holder?.keep([{ kind: "lease", lease }]);
    if (keeping === "store-unusable" || keeping === "store-busy") {
      const message = "the lease file takes nothing now: check space and owner of state.folder";
      return { kind: "refused", reason: keeping, message };
    }
    this.#deps.log.info("lease ended by hand", { act, ...rowOf(lease) });
    this.#announce();
    return { kind: "done", row: rowOf(lease), notes };
  }

  #world(): ReservationWorld {
    const { reservations, scopes, ownAddresses, protectedNames } = this.#settings;
    return {
      config: reservations,
      kept: this.#kept,
      leases: this.#holder?.leases() ?? [],
      scopes,
      own: ownAddresses ?? new Set(),
      protectedNames: protectedNames ?? new Set(),
      now: this.#deps.clock.now(),
    };
  }

  // Disk first: when it fails, nothing has changed.
  #keep(kept: readonly KeptReservation[], outcomes: readonly DeskOutcome[], told: string): void {
    if (kept === this.#kept) return;
    this.#deps.store.save(kept);
    this.#kept = kept;
    for (const outcome of outcomes) {
      if (outcome.kind === "done") this.#deps.log.info(told, outcome.row);
    }
    this.#spread();
  }

  #spread(): void {
    this.#holder?.replaceSettings(this.settings);
    this.#announce();
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }

  #tellShadowed(): void {
    const { shadowed } = mergeReservations(this.#settings.reservations, this.#kept);
    for (const { reservation, common } of shadowed) {
      const fields = { ...rowOf(reservation), common };
      this.#deps.log.warn("reservation is overruled by the configuration", fields);
    }
  }
}

function idsOf({ clientId, circuitId, remoteId }: Reservation): DeskRow {
  return {
    ...(clientId !== undefined && { clientId }),
    ...(circuitId !== undefined && { circuitId }),
    ...(remoteId !== undefined && { remoteId }),
  };
}

function rowOf({ mac, uuid, address, hostname }: Reservation | Lease): DeskRow {
  return {
    ...(mac !== undefined && { mac }),
    ...(uuid !== undefined && { uuid }),
    ...(address !== undefined && { address: formatIpv4(address) }),
    ...(hostname !== undefined && { hostname }),
  };
}
