import type { FindingSink } from "../boot/finding.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import type { Lease, LeaseChange } from "./lease.ts";
import { type LeaseClock, stepBetween, type TimeMark } from "./lease-clock.ts";
import { isMostlyPast } from "./lease-journal.ts";
import type { LeaseStore } from "./lease-store.ts";
import type { LeaseTable } from "./lease-table.ts";

/** The tables that decisions see, with all that follows them. */
export type KeptTables = Pick<LeaseTable, "leaseAt" | "all" | "size" | "apply" | "restore">;

/** What became of the changes of a decision. Its reply may leave after the first two. */
export type Keeping =
  /** On disk, or of a kind that need not be. */
  | "durable"
  /** The disk takes nothing, and a crash would cost this client no more than the extension. */
  | "in-memory"
  | KeepingRefusal;

/** Why changes were not kept, so that there is no reply. */
export type KeepingRefusal = "store-unusable" | "store-busy";

/** Leases that one sync makes durable: their ACKs then leave within 20 ms of work. */
export const maxBatch = 256;
/** Leases that wait for their sync. A disk that lets so many come is not worth waiting for. */
export const maxWaiting = 4096;
/** Between two tries of a disk that failed. */
export const retryMs = 5_000;
/** How often the time is written down when nothing else is: what a crash may cost of it. */
export const markMs = 1_800_000;

export type KeeperDeps = {
  readonly store: LeaseStore;
  readonly table: KeptTables;
  readonly time: LeaseClock;
  readonly clock: Clock;
  readonly log: Log;
  readonly findings: FindingSink;
};

type Waiting = { readonly leases: readonly Lease[]; readonly done: (keeping: Keeping) => void };

/**
 * Between the tables, which change at once, and the disk, which takes its time. Changes that come while a
 * sync runs share the next one; when the disk is idle, a change does not wait for others.
 */
export class LeaseKeeper implements AsyncDisposable {
  readonly #deps: KeeperDeps;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #failing = false;
  /** What the disk has of the addresses whose newest lease it lacks. */
  readonly #onDisk = new Map<Ipv4Address, Lease | undefined>();
  #rewriting: Promise<void> | undefined;
  /** A rewrite that failed is not tried again before the file has so many lines. */
  #patience = 0;
  #mark: TimeMark;
  #timer: Disposable | undefined;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
    this.#mark = this.#markNow();
    const { failure } = deps.store.loaded;
    if (failure !== undefined) this.#fail(failure);
    else this.#markLater();
  }

  /** The table has the changes when this returns, unless they are refused; `done` is called once. */
  keep(changes: readonly LeaseChange[], done: (keeping: Keeping) => void): void {
    const leases = changes.flatMap((change) => (change.kind === "lease" ? [change.lease] : []));
    const refusal = this.#refusal(changes, leases);
    if (refusal !== undefined) {
      done(refusal);
      return;
    }
    for (const { address } of leases) this.#rememberDisk(address);
    this.#deps.table.apply(changes);
    if (leases.length === 0) done("durable");
    else if (this.#failing) done("in-memory");
    else {
      this.#waiting.push({ leases, done });
      this.#write();
    }
  }

  /** Waits for what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    while (this.#writing !== undefined || this.#rewriting !== undefined) {
      await Promise.all([this.#writing, this.#rewriting]);
    }
    this.#timer?.[Symbol.dispose]();
    // A stop that is not a crash: the next start knows to the millisecond how long it was.
    if (!this.#failing) await this.#deps.store.save([], this.#markNow()).catch(() => {});
  }

  #write(): void {
    if (this.#writing !== undefined || this.#failing || this.#waiting.length === 0) return;
    const batch = this.#waiting.splice(0, maxBatch);
    const mark = this.#noteTime();
    const leases = batch.map((one) => one.leases);
    this.#writing = this.#deps.store.save(leases, mark).then(
      () => this.#written(batch),
      (error: unknown) => {
        this.#writing = undefined;
        this.#waiting = [...batch, ...this.#waiting];
        this.#fail(error);
      },
    );
  }

  #written(batch: readonly Waiting[]): void {
    const { table, store } = this.#deps;
    this.#writing = undefined;
    this.#write(); // the disk first: it works while the replies are made
    for (const lease of batch.flatMap(({ leases }) => leases)) {
      if (table.leaseAt(lease.address) === lease) this.#onDisk.delete(lease.address);
      else this.#onDisk.set(lease.address, lease);
    }
    for (const { done } of batch) done("durable");
    if (store.lines > this.#patience && isMostlyPast(store.lines, table.size)) this.#rewrite();
  }

  // What waits is judged as if it came now, in its order; what is refused never was.
  #fail(error: unknown): void {
    this.#failing = true;
    const { table, findings } = this.#deps;
    const stays = new Map(this.#onDisk);
    const waiting = this.#waiting.splice(0);
    const answers = waiting.map(({ leases, done }) => {
      const isSafe = leases.every((lease) => isExtension(this.#onDisk.get(lease.address), lease));
      if (isSafe) for (const lease of leases) stays.set(lease.address, lease);
      return { done, keeping: isSafe ? "in-memory" : "store-unusable" } as const;
    });
    for (const [address, lease] of stays) table.restore(address, lease);
    findings.raise({
      code: "store.unusable",
      severity: "error",
      sentence: error instanceof Error ? error.message : String(error),
      cure: "make room; until then known machines renew, and no new lease is given",
    });
    for (const { done, keeping } of answers) done(keeping);
    this.#retryLater();
  }

  #retryLater(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#deps.clock.after(retryMs, () => this.#rewrite());
  }

  // A file that failed is never gone on with: what a failed sync left on the disk nobody knows.
  #rewrite(): void {
    if (this.#rewriting !== undefined) return;
    const { table, store, log } = this.#deps;
    const wasFailing = this.#failing;
    const leases = table.all();
    this.#rewriting = store.rewrite(leases, this.#markNow()).then(
      () => {
        this.#rewriting = undefined;
        if (this.#failing && wasFailing) this.#recover(leases);
        else if (this.#failing) this.#rewrite(); // it failed while the other was made
      },
      (error: unknown) => {
        this.#rewriting = undefined;
        this.#patience = 2 * store.lines;
        if (this.#failing) this.#retryLater();
        else log.warn("lease file not rewritten", { error: String(error) });
      },
    );
  }

  // The file has what the table had when it was begun; what was extended since follows now.
  #recover(written: readonly Lease[]): void {
    const { table, findings } = this.#deps;
    this.#failing = false;
    findings.clear({ code: "store.unusable" });
    this.#markLater();
    const onFile = new Set(written);
    const rest = [...this.#onDisk.keys()].flatMap((address) => table.leaseAt(address) ?? []);
    this.#onDisk.clear();
    const missing = rest.filter((lease) => !onFile.has(lease));
    if (missing.length === 0) return;
    const before = new Map(written.map((lease) => [lease.address, lease]));
    for (const { address } of missing) this.#onDisk.set(address, before.get(address));
    this.#waiting.push({ leases: missing, done: () => {} });
    this.#write();
  }

  #refusal(changes: readonly LeaseChange[], leases: readonly Lease[]): Keeping | undefined {
    if (this.#failing) return this.#isSafeInMemory(changes) ? undefined : "store-unusable";
    return leases.length > 0 && this.#waiting.length >= maxWaiting ? "store-busy" : undefined;
  }

  #isSafeInMemory(changes: readonly LeaseChange[]): boolean {
    return changes.every((change) => {
      if (change.kind === "withdraw") return true;
      const held = change.kind === "lease" ? change.lease : { ...change.offer, state: "bound" };
      return isExtension(this.#diskLease(held.address), held);
    });
  }

  #diskLease(address: Ipv4Address): Lease | undefined {
    return this.#onDisk.has(address)
      ? this.#onDisk.get(address)
      : this.#deps.table.leaseAt(address);
  }

  #rememberDisk(address: Ipv4Address): void {
    if (!this.#onDisk.has(address)) this.#onDisk.set(address, this.#deps.table.leaseAt(address));
  }

  #markNow(): TimeMark {
    return this.#deps.time.mark(this.#deps.clock.now());
  }

  #noteTime(): TimeMark {
    const mark = this.#markNow();
    const stepMs = stepBetween(this.#mark, mark);
    const hint = "leases keep their lengths";
    if (stepMs !== 0) this.#deps.log.warn("clock was stepped", { stepMs, hint });
    this.#mark = mark;
    return mark;
  }

  #markLater(): void {
    this.#timer = this.#deps.clock.after(markMs, () => {
      this.#markLater();
      this.#waiting.push({ leases: [], done: () => {} });
      this.#write();
    });
  }
}

/**
 * Whether a crash that forgets the later lease does no harm: nothing new is given by it, or what the disk
 * has says the same but for the end, and grace then keeps the address (RFC 2131 §4.3.1 wants the rest).
 */
function isExtension(
  onDisk: Lease | undefined,
  later: Pick<Lease, "key"> & { readonly state: string },
): boolean {
  if (later.state !== "bound") return true;
  return onDisk?.state === "bound" && onDisk.key === later.key;
}
