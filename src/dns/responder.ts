import { assertNever, WireError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { type Subnet, subnetContains } from "../wire/subnet.ts";
import { type DnsDecision, decideDns, type Zones } from "./decide.ts";
import { decideForward, type ForwardReason } from "./forward-rule.ts";
import { answerAgain, type HotAnswer, HotAnswers } from "./hot-answers.ts";
import type { LiveZones } from "./live-zones.ts";
import {
  formatResponse,
  formatSlip,
  formatTransfer,
  type Message,
  parseMessage,
  type Query,
  responseLimit,
} from "./message.ts";
import { RateCounter } from "./rate-limit.ts";
import { Tally } from "./tally.ts";

/** Who asks, and which of our addresses. */
export type Asked = {
  readonly local: Ipv4Address;
  readonly client: Ipv4Address;
  readonly transport: "udp" | "tcp";
};

/** Called once for each query, with nothing where silence is the answer. */
export type Reply = (messages: readonly Uint8Array[]) => void;

/** Looks up names of the rest of the world. */
export type Forwarder = {
  readonly clients: readonly Subnet[];
  /** The answer in at most `limit` bytes, at once where it is known; never throws. */
  ask(query: Query, limit: number, reply: (answer: ForwardedAnswer) => void): void;
};

export type ForwardedAnswer = {
  readonly bytes: Uint8Array;
  readonly reason: ForwardReason;
  readonly rcode: number;
};

export type ResponderDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly zones: LiveZones;
  readonly served: readonly Subnet[];
  readonly forwarder?: Forwarder;
};

type Told = Omit<HotAnswer, "bytes">;

type Finish = {
  readonly asked: Asked;
  readonly query: Uint8Array;
  readonly reply: Reply;
  readonly messages: readonly Uint8Array[];
};

type Turn = Omit<Finish, "messages"> & {
  readonly zones: Zones;
  readonly recursion: boolean;
  readonly kind: string;
};

/** How often broken packets and broken sockets are told of, at most. */
export const troubleWindowMs = 10_000;

/** Bytes in, bytes out, and what to tell the log of it. */
export class Responder implements Disposable {
  readonly #deps: ResponderDeps;
  readonly #hot = new HotAnswers();
  readonly #rate: RateCounter;
  readonly #malformed: Tally<{ peer: string; error: string }>;
  readonly #limited: Tally<{ peer: string; name: string | undefined }>;
  readonly #failures: Tally<Error>;
  #turn = 0;

  constructor(deps: ResponderDeps) {
    const { clock, log } = deps;
    this.#deps = deps;
    this.#rate = new RateCounter(deps.served);
    this.#malformed = new Tally(clock, troubleWindowMs, (count, last) =>
      log.warn("dns packets malformed", { count, ...last }),
    );
    this.#limited = new Tally(clock, troubleWindowMs, (count, last) =>
      log.warn("dns answers over the rate limit", { count, ...last }),
    );
    this.#failures = new Tally(clock, troubleWindowMs, (count, error) =>
      log.error("dns packets failed", { count, error: error.message, stack: error.stack }),
    );
  }

  // A hot answer is its bytes and an id; the 15 us of parsing, deciding and writing were spent before.
  answer(query: Uint8Array, asked: Asked, reply: Reply): void {
    const zones = this.#deps.zones.seenFrom(asked.local);
    const recursion = this.#mayRecurse(asked.client);
    const kind = `${asked.transport} ${recursion} `;
    const hot = this.#hot.find(zones, query, kind);
    if (hot !== undefined) {
      this.#finish(hot, { asked, query, reply, messages: [answerAgain(hot, query)] });
      return;
    }
    const message = this.#parse(query, asked.client);
    if (message === undefined) reply([]);
    else this.#decide(message, { asked, query, reply, zones, recursion, kind });
  }

  fail(error: Error, peer = ""): void {
    if (error instanceof WireError) this.#malformed.note({ peer, error: error.message });
    else this.#failures.note(error);
  }

  [Symbol.dispose](): void {
    this.#malformed[Symbol.dispose]();
    this.#limited[Symbol.dispose]();
    this.#failures[Symbol.dispose]();
  }

  #decide(message: Message, turn: Turn): void {
    const { asked, query, reply, zones, recursion, kind } = turn;
    const isSecondary = this.#deps.zones.plan.secondaries.includes(asked.client);
    const asker = { transport: asked.transport, isSecondary };
    const decision = decideDns(message, zones, { turn: this.#turn, asker });
    if (decision.rotated) this.#turn += 1;
    if (this.#forward(message, decision, turn)) return;
    const { reason, response, transfer } = decision;
    const told = { ...namesOf(message), reason, rcode: response.rcode };
    if (transfer !== undefined) {
      this.#finish(told, { asked, query, reply, messages: formatTransfer(message, transfer) });
      return;
    }
    const limit = responseLimit(message, asked.transport);
    const bytes = formatResponse(message, { ...response, recursionAvailable: recursion }, limit);
    if (isSameForAll(decision)) this.#hot.keep(zones, query, { kind, answer: { ...told, bytes } });
    this.#finish(told, { asked, query, reply, messages: [bytes] });
  }

  #forward(
    message: Message,
    { reason }: DnsDecision,
    { asked, query, reply, recursion }: Turn,
  ): boolean {
    const { forwarder } = this.#deps;
    const isForeign = reason === "not-our-zone" && message.kind === "query";
    if (forwarder === undefined || !recursion || !isForeign) return false;
    if (!message.header.recursionDesired) return false;
    const limit = responseLimit(message, asked.transport);
    const names = namesOf(message);
    const rule = decideForward(message.question);
    if (rule.kind === "answer") {
      const { rcode } = rule;
      const response = { rcode, authoritative: false, answers: [], authorities: [] };
      const bytes = formatResponse(message, { ...response, recursionAvailable: true }, limit);
      const told = { ...names, reason: rule.reason, rcode };
      this.#finish(told, { asked, query, reply, messages: [bytes] });
      return true;
    }
    forwarder.ask(message, limit, ({ bytes, reason: how, rcode }) =>
      this.#finish({ ...names, reason: how, rcode }, { asked, query, reply, messages: [bytes] }),
    );
    return true;
  }

  #finish(told: Told, { asked, query, reply, messages }: Finish): void {
    const peer = formatIpv4(asked.client);
    const { name, type, reason, rcode } = told;
    const { transport } = asked;
    this.#deps.log.debug("dns answer", { peer, transport, name, type, reason, rcode });
    const { clock, zones } = this.#deps;
    const rated = { client: asked.client, name, rcode };
    const limit = zones.plan.rateLimit;
    // By TCP nobody asks in another's name.
    const verdict = transport === "tcp" ? "send" : this.#rate.decide(limit, rated, clock.now());
    if (verdict !== "send") this.#limited.note({ peer, name });
    switch (verdict) {
      case "send":
        reply(messages);
        return;
      case "drop":
        reply([]);
        return;
      case "slip":
        reply([formatSlip(parseMessage(query))]);
        return;
      default:
        assertNever(verdict);
    }
  }

  #mayRecurse(client: Ipv4Address): boolean {
    const { forwarder } = this.#deps;
    return forwarder?.clients.some((subnet) => subnetContains(subnet, client)) ?? false;
  }

  #parse(query: Uint8Array, client: Ipv4Address): Message | undefined {
    const peer = formatIpv4(client);
    try {
      const message = parseMessage(query);
      if (message.kind === "malformed") this.fail(message.error, peer);
      return message;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.fail(error, peer);
      return undefined;
    }
  }
}

function namesOf(message: Message): Pick<Told, "name" | "type"> {
  const question = message.kind === "query" ? message.question : undefined;
  return { name: question?.name, type: question?.type };
}

// A round robin changes from one to the next, and a transfer is for secondaries only.
function isSameForAll({ reason, rotated }: DnsDecision): boolean {
  return (
    !rotated && reason !== "transferred" && reason !== "transfer-refused" && reason !== "malformed"
  );
}
