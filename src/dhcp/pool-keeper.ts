import type { FindingSink } from "../boot/finding.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import { formatSubnet, subnetContains } from "../wire/subnet.ts";
import type { AddressProber } from "./arp-prober.ts";
import { decideConflict, formConflictFinding } from "./conflict.ts";
import type { LeaseChange } from "./lease.ts";
import type { LeaseTable } from "./lease-table.ts";
import type { PoolBook } from "./pool-book.ts";
import { decidePressure, formPressureFinding, type PressureLevel } from "./pool-pressure.ts";
import type { DhcpScope, DhcpSettings } from "./settings.ts";

export type PoolKeeperDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly table: LeaseTable;
  readonly prober: AddressProber | undefined;
  readonly findings: FindingSink;
  /** Makes changes durable and applies them to the tables. */
  readonly keep: (changes: readonly LeaseChange[]) => void;
  /** Whether addresses of it are given now; elsewhere none is asked about ahead of time. */
  readonly gives: (scope: DhcpScope) => boolean;
  /** Those in force. */
  readonly current: () => { readonly settings: DhcpSettings; readonly pools: PoolBook };
};

/** Addresses asked about in one beat while too few are known to be silent. */
const burst = 16;

/** An address that is in conflict is asked about again after this. */
const againMs = 60_000;

type Conflict = { readonly isAbandoned: boolean; readonly askedAt: number };

/**
 * Looks after free addresses while nobody asks for one: probes them ahead of time, takes those that
 * are in use out and gives them back when they fall silent, and says when a pool runs low. An OFFER
 * never waits for it.
 */
export class PoolKeeper implements Disposable {
  readonly #deps: PoolKeeperDeps;
  readonly #conflicts = new Map<Ipv4Address, Conflict>();
  readonly #levels = new Map<string, PressureLevel>();
  #timer: Disposable | undefined;

  constructor(deps: PoolKeeperDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#deps.prober?.overhear((address, by) => this.#overheard(address, by));
    this.#next();
  }

  #next(): void {
    const { poolGuard } = this.#deps.current().settings;
    this.#timer = this.#deps.clock.after(1000 / poolGuard.probesPerSecond, () => {
      this.#beat();
      this.#next();
    });
  }

  /** What a decision did, before its reply leaves: an address was offered, leased or declined. */
  decided(changes: readonly LeaseChange[]): void {
    for (const change of changes) {
      if (change.kind === "offer") this.#offered(change.offer.address);
      else if (change.kind === "lease" && change.lease.state === "bound") {
        this.#deps.prober?.forget(change.lease.address);
      } else if (change.kind === "lease" && change.lease.state === "declined") {
        const { address } = change.lease;
        this.#deps.findings.raise(formConflictFinding(address, undefined, undefined));
        this.#conflicts.set(address, { isAbandoned: false, askedAt: 0 });
        this.#probe(address);
      }
    }
  }

  /** A client of this link found no address. */
  refused(at: Ipv4Address): void {
    const { scopes } = this.#deps.current().settings;
    const scope = scopes.find(({ subnet }) => subnetContains(subnet, at));
    if (scope !== undefined) this.#weigh(scope, true);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #beat(): void {
    const { clock, prober, gives, current } = this.#deps;
    const { settings, pools } = current();
    const now = clock.now();
    for (const scope of settings.scopes) {
      this.#weigh(scope, false);
      if (prober === undefined || settings.poolGuard.conflictProbe === "off") continue;
      if (!gives(scope)) continue;
      const list = pools.listOf(scope);
      const isShort = list.reserve(now) < settings.poolGuard.probedReserve;
      for (let count = isShort ? burst : 1; count > 0; count -= 1) {
        const address = list.nextUnchecked(now);
        if (address !== undefined) this.#probe(address);
      }
    }
    const oldest = this.#conflicts.entries().next().value;
    if (oldest !== undefined && now - oldest[1].askedAt >= againMs) this.#probe(oldest[0]);
  }

  // A machine's own address needs no question: it is the one that would answer.
  #offered(address: Ipv4Address): void {
    const { clock, table, current } = this.#deps;
    const list = this.#listAt(address);
    const isKnown = table.leaseAt(address)?.key === table.offerAt(address)?.key;
    if (list?.isChecked(address, clock.now()) || isKnown) return;
    if (current().settings.poolGuard.conflictProbe !== "off") this.#probe(address);
  }

  // Somebody who takes an address while it is on offer is in time to be noticed.
  #overheard(address: Ipv4Address, by: MacAddress): void {
    if (this.#deps.table.offerAt(address) === undefined) return;
    this.#answered(address, { kind: "answered", by });
  }

  #probe(address: Ipv4Address): void {
    const { prober, log } = this.#deps;
    const failed = (error: unknown): void => {
      log.error("conflict was not recorded", { address: formatIpv4(address), error });
    };
    prober
      ?.probe(address)
      .then((answer) => this.#answered(address, answer))
      .catch(failed);
  }

  #answered(address: Ipv4Address, answer: Awaited<ReturnType<AddressProber["probe"]>>): void {
    const { clock, table, findings, keep, log, current } = this.#deps;
    const now = clock.now();
    const isAbandoned = this.#conflicts.get(address)?.isAbandoned ?? false;
    const { declineSeconds } = current().settings;
    const [lease, offer] = [table.leaseAt(address), table.offerAt(address)];
    const asked = { address, answer, lease, offer, isAbandoned, declineSeconds, now };
    const decision = decideConflict(asked);
    const before = this.#conflicts.get(address);
    if (decision.kind === "none" && decision.reason === "not-asked") {
      if (before) this.#askAgain(address, { ...before, askedAt: now });
      return;
    }
    if (decision.kind !== "none" && decision.changes.length > 0) keep(decision.changes);
    this.#conflicts.delete(address);
    if (decision.kind !== "conflict") {
      if (decision.kind === "silent") this.#listAt(address)?.foundSilent(address, now);
      if (before) findings.clear({ code: "dhcp.address-conflict", subject: formatIpv4(address) });
      return;
    }
    findings.raise(decision.finding);
    const isOurs = isAbandoned || decision.changes.length > 0;
    this.#askAgain(address, { isAbandoned: isOurs, askedAt: now });
    const { mac } = decision.finding;
    const fields = { address: formatIpv4(address), mac, reason: decision.reason };
    if (before === undefined || before.askedAt === 0)
      log.warn("address is in use by another", fields);
  }

  // Last in the line of those that are asked again.
  #askAgain(address: Ipv4Address, conflict: Conflict): void {
    this.#conflicts.delete(address);
    this.#conflicts.set(address, conflict);
  }

  #listAt(address: Ipv4Address) {
    const { settings, pools } = this.#deps.current();
    const scope = settings.scopes.find(({ subnet }) => subnetContains(subnet, address));
    return scope && pools.listOf(scope);
  }

  #weigh(scope: DhcpScope, refused: boolean): void {
    const { clock, table, findings, current } = this.#deps;
    const list = current().pools.listOf(scope);
    const subject = formatSubnet(scope.subnet);
    const before = this.#levels.get(subject) ?? "ok";
    const use = { taken: list.taken(clock.now()), usable: list.usable, refused };
    const level = decidePressure(use, before);
    if (level === before) return;
    this.#levels.set(subject, level);
    if (level !== "exhausted") findings.clear({ code: "dhcp.pool-exhausted", subject });
    if (level === "ok") {
      findings.clear({ code: "dhcp.pool-low", subject });
      return;
    }
    const leases = table.all().filter(({ address, state, expires }) => {
      return state === "bound" && expires > clock.now() && subnetContains(scope.subnet, address);
    });
    findings.raise(formPressureFinding(level, use, { subnet: scope.subnet, leases }));
  }
}
