import type { Finding, FindingSink } from "../boot/finding.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import type { Zones } from "./decide.ts";
import { bookHosts, type HostBook, haveSameHosts } from "./host-book.ts";
import { assignNames, type Binding, type NameProblem } from "./host-names.ts";
import { buildMachineZones, type ServedInterface } from "./machine-zone.ts";
import type { DnsPlan } from "./settings.ts";

/** Who holds which address, as this part wants to be told. */
export type BindingReader = {
  /** Oldest first: of two machines with one name the later wins. */
  bindings(): readonly Binding[];
  onChange(listener: () => void): Disposable;
};

type LiveZonesDeps = {
  readonly interfaces: readonly ServedInterface[];
  readonly bindings: BindingReader;
  readonly clock: Clock;
  readonly log: Log;
  readonly findings: FindingSink;
};

const emptyView: Zones = new Map([]);

/** How long a build rests before the next, in its own lengths: at most a twentieth of the processor. */
const restLengths = 20;
/** No change waits longer than this for a question that shows it. */
const maxRestMs = 2_000;

/**
 * The zones of each interface as of now. A change only marks them stale; the next question builds
 * them (0.1 s for 100,000 machines). Builds rest in between: with many machines that come and go, one for
 * each question would take the processor from the machines that boot.
 * Nobody tells of a lease that runs out, so what they are made of is read again when resolvers may keep
 * an answer no longer. The serial grows when something is different, not when it was only looked at.
 */
export class LiveZones implements Disposable {
  readonly #deps: LiveZonesDeps;
  readonly #subscription: Disposable;
  #plan: DnsPlan;
  #views: ReadonlyMap<Ipv4Address, Zones> | undefined;
  #builtAt = 0;
  /** Since when, by the clock that nobody sets, and for how long. */
  #rest = { since: 0, ms: 0 };
  #serial = 0;
  #isStale = true;
  /** Absent: built anew whatever it is. */
  #hosts: HostBook | undefined;
  #reported: ReadonlySet<string> = new Set();
  #raised: ReadonlySet<string> = new Set();

  constructor(deps: LiveZonesDeps, plan: DnsPlan) {
    this.#deps = deps;
    this.#plan = plan;
    this.#subscription = deps.bindings.onChange(() => {
      this.#isStale = true;
    });
  }

  replacePlan(plan: DnsPlan): void {
    this.#plan = plan;
    this.#isStale = true;
    this.#rest = { since: 0, ms: 0 };
    this.#hosts = undefined;
  }

  get plan(): DnsPlan {
    return this.#plan;
  }

  /** The zones that a question to this address of ours sees. */
  seenFrom(local: Ipv4Address): Zones {
    const age = Math.abs(this.#deps.clock.now() - this.#builtAt); // a clock may be set back
    const hasRested = Math.abs(this.#elapsed() - this.#rest.since) >= this.#rest.ms;
    const isOld = age >= this.#plan.ttl.dynamic * 1000;
    if (this.#views === undefined || isOld || (this.#isStale && hasRested)) {
      this.#views = this.#buildInTime();
    }
    return this.#views.get(local) ?? emptyView;
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #buildInTime(): ReadonlyMap<Ipv4Address, Zones> {
    const start = this.#elapsed();
    const views = this.#build();
    const end = this.#elapsed();
    this.#isStale = false;
    this.#rest = { since: end, ms: Math.min(maxRestMs, restLengths * (end - start)) };
    return views;
  }

  #elapsed(): number {
    const { clock } = this.#deps;
    return (clock.monotonic ?? clock.now)();
  }

  #build(): ReadonlyMap<Ipv4Address, Zones> {
    const { interfaces, bindings, clock } = this.#deps;
    const plan = this.#plan;
    const { hosts: byName, problems } = assignNames(plan, bindings.bindings());
    this.#report(problems);
    this.#builtAt = clock.now();
    const hosts = bookHosts(byName);
    const isSame = this.#hosts !== undefined && haveSameHosts(this.#hosts, hosts);
    if (this.#views !== undefined && isSame) return this.#views;
    this.#hosts = hosts;
    // Two builds in one second, or a clock set back, still count up.
    this.#serial = Math.max(this.#serial + 1, Math.floor(this.#builtAt / 1000));
    const serial = this.#serial % 2 ** 32;
    return new Map(
      interfaces.map(({ address: local }) => [
        local,
        buildMachineZones({ plan, hosts, interfaces, local, serial }),
      ]),
    );
  }

  #report(problems: readonly NameProblem[]): void {
    const known = this.#reported;
    const lines = problems.map((problem) => ({ key: JSON.stringify(problem), problem }));
    this.#reported = new Set(lines.map(({ key }) => key));
    for (const { key, problem } of lines) {
      if (known.has(key)) continue;
      const address = formatIpv4(problem.address);
      this.#deps.log.warn("dns name not given", { ...problem, address });
    }
    this.#raise(problems);
  }

  // One finding a name, however many machines want it: the last of them is the one to look at.
  #raise(problems: readonly NameProblem[]): void {
    const { findings } = this.#deps;
    const wanted = new Map(
      problems
        .filter(({ reason }) => reason !== "not-a-host-name")
        .map((problem) => [problem.name, problem]),
    );
    for (const name of this.#raised) {
      if (!wanted.has(name)) findings.clear({ code: "dns.name-taken", subject: name });
    }
    for (const problem of wanted.values()) findings.raise(findingOf(problem));
    this.#raised = new Set(wanted.keys());
  }
}

function findingOf({ reason, name, mac, address }: NameProblem): Finding {
  const machine = `${mac} (${formatIpv4(address)})`;
  const isDuplicate = reason === "duplicate-name";
  return {
    code: "dns.name-taken",
    severity: "warning",
    sentence: isDuplicate
      ? `two machines are called ${name}; the later one has it, and ${machine} has no name`
      : `${machine} wants the name ${name}, which is not for it`,
    cure: "give the machine another host name, or reserve its MAC under one",
    subject: name,
    mac,
  };
}
