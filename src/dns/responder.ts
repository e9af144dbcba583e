import { assertNever, WireError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { type Subnet, subnetContains } from "../wire/subnet.ts";
import { type CookieSecrets, decideCookie, secretsAt } from "./cookie.ts";
import { type DnsDecision, decideDns, type Zones } from "./decide.ts";
import type { Edns } from "./edns.ts";
import { decideForward, type ForwardReason } from "./forward-rule.ts";
import { answerAgain, type HotAnswer, HotAnswers } from "./hot-answers.ts";
import type { LiveZones } from "./live-zones.ts";
import {
  ednsOf,
  formatBadCookie,
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
  readonly random: (bytes: number) => Uint8Array;
};

type Told = Omit<HotAnswer, "bytes">;

type Finish = {
  readonly asked: Asked;
  readonly query: Uint8Array;
  readonly reply: Reply;
  readonly messages: readonly Uint8Array[];
  /** The query as it was read; absent where its answer was known by its bytes. */
  readonly message?: Message;
  /** Whether the sender has proved its address, where it knows how to. */
  readonly cookie?: "known" | "unknown";
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
  #secrets: CookieSecrets;
  #turn = 0;

  constructor(deps: ResponderDeps) {
    const { clock, log } = deps;
    this.#deps = deps;
    this.#secrets = secretsAt(clock.now(), deps.random);
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
    else this.#decide(...this.#judge(message, { asked, query, reply, zones, recursion, kind }));
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

  /** What a cookie says of its sender, and the message with the cookie that its answer takes along. */
  #judge(message: Message, turn: Turn): readonly [Message, Turn] {
    const edns = ednsOf(message);
    if (edns?.cookie === undefined) return [message, turn];
    const { clock, random } = this.#deps;
    const now = clock.now();
    this.#secrets = secretsAt(now, random, this.#secrets);
    const asked = { address: turn.asked.client, secrets: this.#secrets, now };
    const { kind, reply } = decideCookie(edns.cookie, asked);
    return [withEdns(message, { ...edns, replyCookie: reply }), { ...turn, cookie: kind }];
  }

  #decide(message: Message, turn: Turn): void {
    const { asked, zones, recursion, kind } = turn;
    const isSecondary = this.#deps.zones.plan.secondaries.includes(asked.client);
    const asker = { transport: asked.transport, isSecondary };
    const decision = decideDns(message, zones, { turn: this.#turn, asker });
    if (decision.rotated) this.#turn += 1;
    if (this.#forward(message, decision, turn)) return;
    const { reason, response, transfer, source } = decision;
    const told = { ...namesOf(message), source, reason, rcode: response.rcode };
    if (transfer !== undefined) {
      this.#finish(told, { ...turn, message, messages: formatTransfer(message, transfer) });
      return;
    }
    const limit = responseLimit(message, asked.transport);
    const bytes = formatResponse(message, { ...response, recursionAvailable: recursion }, limit);
    if (turn.cookie === undefined && isSameForAll(decision)) {
      this.#hot.keep(zones, turn.query, { kind, answer: { ...told, bytes } });
    }
    this.#finish(told, { ...turn, message, messages: [bytes] });
  }

  #forward(message: Message, { reason }: DnsDecision, turn: Turn): boolean {
    const { asked, recursion } = turn;
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
      this.#finish(told, { ...turn, message, messages: [bytes] });
      return true;
    }
    forwarder.ask(message, limit, ({ bytes, reason: how, rcode }) =>
      this.#finish({ ...names, reason: how, rcode }, { ...turn, message, messages: [bytes] }),
    );
    return true;
  }

  #finish(told: Told, { asked, query, reply, messages, message, cookie }: Finish): void {
    const peer = formatIpv4(asked.client);
    const { name, source, type, reason, rcode } = told;
    const { transport, client } = asked;
    this.#deps.log.debug("dns answer", { peer, transport, name, type, reason, rcode, cookie });
    const { clock, zones } = this.#deps;
    // By TCP nobody asks in another's name, nor with what was told to another.
    const isProven = transport === "tcp" || cookie === "known";
    const rated = { client, source, rcode, isProven };
    const verdict = this.#rate.decide(zones.plan.rateLimit, rated, clock.now());
    if (verdict !== "send") this.#limited.note({ peer, name });
    switch (verdict) {
      case "send":
        reply(messages);
        return;
      case "drop":
        reply([]);
        return;
      case "slip": {
        const format = cookie === "unknown" ? formatBadCookie : formatSlip;
        reply([format(message ?? parseMessage(query))]);
        return;
      }
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

function withEdns(message: Message, edns: Edns): Message {
  const hasOpt = message.kind === "query" || message.kind === "cookie-query";
  return hasOpt ? { ...message, edns } : message;
}

function namesOf(message: Message): Pick<Told, "name" | "source" | "type"> {
  const question = message.kind === "query" ? message.question : undefined;
  return { name: question?.name, source: question?.name, type: question?.type };
}

// A round robin changes from one to the next, and a transfer is for secondaries only.
function isSameForAll({ reason, rotated }: DnsDecision): boolean {
  return (
    !rotated && reason !== "transferred" && reason !== "transfer-refused" && reason !== "malformed"
  );
}
