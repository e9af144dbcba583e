import { randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import type { FindingSink } from "../boot/finding.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
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
  const { forward, interfaces, clock, log, upstreamPort: port = 53 } = deps;
  const upstreams = upstreamsOf(deps).map((address) => ({ address, port }));
  const served = interfaces.map(({ subnet }) => subnet);
  const clients = forward.clients.length === 0 ? served : forward.clients;
  const stopping = new AbortController();
  const failures = new Tally<{ upstream: string; reason: string }>(
    clock,
    troubleWindowMs,
    (count, last) => log.warn("dns upstreams do not answer", { count, ...last }),
  );
  const pending = new Map<string, Waiter[]>();
  const cache = new AnswerCache();
  let best = 0;

  const exchange = async (query: Query, at: number): Promise<Exchanged> => {
    const upstream = upstreams[at % upstreams.length];
    if (upstream === undefined) return { kind: "failed", reason: "no-upstream" };
    const wire = mixCase(query.question.wire, randomBytes);
    const sent = { id: randomInt(0x1_0000), wire };
    const options = { upstream, sent, clock, timeoutMs: tryMs, signal: stopping.signal };
    const found = await askByUdp(options);
    const last =
      found.kind === "truncated"
        ? await askByTcp({ ...options, sent: { ...sent, wire: query.question.wire } })
        : found;
    if (last.kind === "answer") best = at % upstreams.length;
    else failures.note({ upstream: formatIpv4(upstream.address), reason: reasonOf(last) });
    return last;
  };

  const resolve = async (query: Query): Promise<Outcome> => {
    const first = best;
    const tries = Math.min(triesMax, upstreams.length * 2);
    for (let at = 0; at < tries && !stopping.signal.aborted; at += 1) {
      const found = await exchange(query, first + at);
      if (found.kind !== "answer") continue;
      const { answer } = found;
      if (forward.rebindProtection && answer.pointsInside) {
        return { kind: "none", reason: "private-answer", rcode: RCode.refused };
      }
      return { kind: "answer", answer, age: 0, reason: "forwarded" };
    }
    return { kind: "none", reason: "upstreams-failed", rcode: RCode.serverFailure };
  };

  const ask = (query: Query, waiter: Waiter): void => {
    const key = `${query.question.name} ${query.question.type}`;
    const known = cache.find(key, clock.now());
    if (known !== undefined) {
      waiter({ kind: "answer", ...known, reason: "cached" });
      return;
    }
    // Joining what is under way also ends a loop through others that ask us: it waits for itself, once.
    const waiters = pending.get(key);
    if (pending.size >= pendingMax || (waiters !== undefined && waiters.length >= waitersMax)) {
      waiter({ kind: "none", reason: "forwarder-busy", rcode: RCode.serverFailure });
      return;
    }
    if (waiters !== undefined) {
      waiters.push(waiter);
      return;
    }
    pending.set(key, [waiter]);
    void resolve(query).then((outcome) => {
      if (outcome.kind === "answer") cache.keep(key, outcome.answer, clock.now());
      const all = pending.get(key) ?? [];
      pending.delete(key);
      for (const one of all) one(outcome);
    });
  };

  return {
    clients,
    ask: (query, limit, reply) =>
      ask(query, (outcome) => reply(formatOutcome(query, outcome, limit))),
    [Symbol.dispose]() {
      stopping.abort();
      failures[Symbol.dispose]();
    },
  };
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
      : parseResolvConf(resolvConf ?? readFileSync("/etc/resolv.conf", "utf8"));
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
