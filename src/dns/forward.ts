import { randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import type { FindingSink } from "../boot/finding.ts";
import { KindlingError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { UdpPeer } from "../runtime/udp.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import type { Subnet } from "../wire/subnet.ts";
import { AnswerCache } from "./answer-cache.ts";
import { askByTcp, askByUdp, type Exchanged } from "./exchange.ts";
import { type ForeignAnswer, formatForeign, mixCase } from "./foreign-answer.ts";
import type { ForwardReason } from "./forward-rule.ts";
import type { ServedInterface } from "./machine-zone.ts";
import { formatResponse, type Query, RCode } from "./message.ts";
import { parseResolvConf } from "./resolv-conf.ts";
import type { ForwardedAnswer, Forwarder } from "./responder.ts";
import type { ForwardSettings } from "./settings.ts";
import { Tally } from "./tally.ts";

export type ForwarderDeps = {
  readonly forward: ForwardSettings;
  readonly interfaces: readonly ServedInterface[];
  readonly clock: Clock;
  readonly log: Log;
  readonly findings: FindingSink;
  /** Where upstreams listen. */
  readonly upstreamPort?: number;
  /** The text of resolv.conf, for a configuration without upstreams. */
  readonly resolvConf?: string;
};

/** glibc and musl wait five seconds: four tries fit before they give up. */
export const tryMs = 1200;
const triesMax = 4;
/** Questions under way, each with a socket; and clients that wait for the same one. */
const pendingMax = 256;
const waitersMax = 64;
const troubleWindowMs = 10_000;

type Outcome =
  | {
      readonly kind: "answer";
      readonly answer: ForeignAnswer;
      readonly age: number;
      readonly reason: ForwardReason;
    }
  | { readonly kind: "none"; readonly reason: ForwardReason; readonly rcode: RCode };

type Waiter = (outcome: Outcome) => void;

/** Asks the upstreams for clients of the given subnets; who asks us and is asked by us is left out. */
export function openForwarder(deps: ForwarderDeps): Forwarder & Disposable {
  return new UpstreamForwarder(deps);
}

class UpstreamForwarder implements Forwarder, Disposable {
  readonly clients: readonly Subnet[];
  readonly #deps: ForwarderDeps;
  readonly #upstreams: readonly UdpPeer[];
  readonly #failures: Tally<{ upstream: string; reason: string }>;
  readonly #stopping = new AbortController();
  readonly #pending = new Map<string, Waiter[]>();
  readonly #cache = new AnswerCache();
  /** Who answered last is asked first. */
  #best = 0;

  constructor(deps: ForwarderDeps) {
    const { forward, interfaces, clock, log, upstreamPort: port = 53 } = deps;
    this.#deps = deps;
    this.#upstreams = upstreamsOf(deps).map((address) => ({ address, port }));
    const served = interfaces.map(({ subnet }) => subnet);
    this.clients = forward.clients.length === 0 ? served : forward.clients;
    this.#failures = new Tally(clock, troubleWindowMs, (count, last) =>
      log.warn("dns upstreams do not answer", { count, ...last }),
    );
  }

  ask(query: Query, limit: number, reply: (answer: ForwardedAnswer) => void): void {
    this.#find(query, (outcome) => reply(formatOutcome(query, outcome, limit)));
  }

  [Symbol.dispose](): void {
    this.#stopping.abort();
    this.#failures[Symbol.dispose]();
  }

  #find(query: Query, waiter: Waiter): void {
    const key = `${query.question.name} ${query.question.type}`;
    const known = this.#cache.find(key, this.#deps.clock.now());
    if (known !== undefined) {
      waiter({ kind: "answer", ...known, reason: "cached" });
      return;
    }
    // Joining what is under way also ends a loop through others that ask us: it waits for itself, once.
    const waiters = this.#pending.get(key);
    const isFull =
      waiters === undefined ? this.#pending.size >= pendingMax : waiters.length >= waitersMax;
    if (isFull) {
      waiter({ kind: "none", reason: "forwarder-busy", rcode: RCode.serverFailure });
    } else if (waiters !== undefined) {
      waiters.push(waiter);
    } else {
      this.#pending.set(key, [waiter]);
      void this.#resolve(query).then((outcome) => this.#finish(key, outcome));
    }
  }

  #finish(key: string, outcome: Outcome): void {
    if (outcome.kind === "answer") {
      this.#cache.keep(key, outcome.answer, this.#deps.clock.now());
    }
    const waiters = this.#pending.get(key) ?? [];
    this.#pending.delete(key);
    for (const waiter of waiters) waiter(outcome);
  }

  async #resolve(query: Query): Promise<Outcome> {
    const first = this.#best;
    const tries = Math.min(triesMax, this.#upstreams.length * 2);
    for (let at = 0; at < tries && !this.#stopping.signal.aborted; at += 1) {
      const found = await this.#exchange(query, (first + at) % this.#upstreams.length);
      if (found.kind !== "answer") continue;
      const { answer } = found;
      if (this.#deps.forward.rebindProtection && answer.pointsInside) {
        return { kind: "none", reason: "private-answer", rcode: RCode.refused };
      }
      return { kind: "answer", answer, age: 0, reason: "forwarded" };
    }
    return { kind: "none", reason: "upstreams-failed", rcode: RCode.serverFailure };
  }

  async #exchange(query: Query, at: number): Promise<Exchanged> {
    const upstream = this.#upstreams[at];
    if (upstream === undefined) return { kind: "failed", reason: "no-upstream" };
    const { wire } = query.question;
    const sent = { id: randomInt(0x1_0000), wire: mixCase(wire, randomBytes) };
    const { clock } = this.#deps;
    const options = { upstream, clock, timeoutMs: tryMs, signal: this.#stopping.signal };
    const byUdp = await askByUdp({ ...options, sent });
    // By TCP a guess is of no use, so the client's own letters do.
    const found =
      byUdp.kind === "truncated" ? await askByTcp({ ...options, sent: { ...sent, wire } }) : byUdp;
    if (found.kind === "answer") this.#best = at;
    else this.#failures.note({ upstream: formatIpv4(upstream.address), reason: reasonOf(found) });
    return found;
  }
}

function formatOutcome(query: Query, outcome: Outcome, limit: number): ForwardedAnswer {
  const { reason } = outcome;
  if (outcome.kind === "answer") {
    const { answer, age } = outcome;
    return { bytes: formatForeign(query, answer, { age, limit }), reason, rcode: answer.rcode };
  }
  const { rcode } = outcome;
  const response = { rcode, authoritative: false, answers: [], authorities: [] };
  const bytes = formatResponse(query, { ...response, recursionAvailable: true }, limit);
  return { bytes, reason, rcode };
}

function reasonOf(found: Exclude<Exchanged, { kind: "answer" }>): string {
  switch (found.kind) {
    case "failed":
    case "not-ours":
      return found.reason;
    case "useless":
      return `rcode ${found.rcode}`;
    case "truncated":
      return "truncated";
  }
}

function upstreamsOf({
  forward,
  interfaces,
  findings,
  resolvConf,
}: ForwarderDeps): readonly Ipv4Address[] {
  const wanted =
    forward.upstreams.length > 0
      ? forward.upstreams
      : parseResolvConf(resolvConf ?? readResolvConf());
  const own = new Set(interfaces.map(({ address }) => address));
  for (const address of wanted) {
    if (!own.has(address)) continue;
    const text = formatIpv4(address);
    findings.raise({
      code: "dns.upstream-is-us",
      severity: "warning",
      sentence: `name server ${text} is this daemon, so nothing is forwarded there`,
      cure: "name other servers in dns.forward.upstreams, or in /etc/resolv.conf",
      subject: text,
    });
  }
  return wanted.filter((address) => !own.has(address));
}

function readResolvConf(): string {
  try {
    return readFileSync("/etc/resolv.conf", "utf8");
  } catch (error) {
    const key = "dns.forward.upstreams";
    const message = `${key}: want name servers, and /etc/resolv.conf cannot be read; name them here`;
    throw new KindlingError("config.invalid", message, { key }, error);
  }
}
