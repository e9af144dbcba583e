import { WireError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { BoundService } from "../runtime/service.ts";
import { openUdp, type UdpPeer } from "../runtime/udp.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { decideDns } from "./decide.ts";
import { type BindingReader, LiveZones } from "./live-zones.ts";
import type { ServedInterface } from "./machine-zone.ts";
import { formatResponse, type Message, parseMessage, responseLimit } from "./message.ts";
import { type DnsSettings, parseDnsSettings } from "./settings.ts";
import { Tally } from "./tally.ts";
import { openDnsTcp } from "./tcp.ts";

export type DnsDeps = {
  readonly interfaces: readonly ServedInterface[];
  /** 53; 0 lets the kernel choose, one for each interface. */
  readonly port: number;
  readonly settings: DnsSettings;
  readonly bindings: BindingReader;
  readonly clock: Clock;
  readonly log: Log;
};

export type DnsServer = BoundService & {
  /** Where we listen, by UDP and TCP alike. */
  readonly locals: readonly UdpPeer[];
  /** Answers by these settings from now on; throws `config.invalid` and keeps the old ones otherwise. */
  replaceSettings(settings: DnsSettings): void;
};

type Asked = {
  readonly local: Ipv4Address;
  readonly peer: string;
  readonly transport: "udp" | "tcp";
};

/** How often broken packets and broken sockets are told of, at most. */
export const troubleWindowMs = 10_000;

/** Binds UDP and TCP on every interface, or nothing. `serve` starts the answers. */
export async function openDnsServer(deps: DnsDeps, signal: AbortSignal): Promise<DnsServer> {
  const plan = parseDnsSettings(deps.settings);
  const { promise: done, resolve: finish } = Promise.withResolvers<void>();
  await using opening = new AsyncDisposableStack();
  opening.defer(finish); // first in, so last to happen: when every port is free again
  const zones = opening.use(new LiveZones(deps, plan));
  const responder = opening.use(new Responder(deps, zones));
  const bound: { local: UdpPeer; serve: () => void }[] = [];
  for (const { address } of deps.interfaces) {
    signal.throwIfAborted();
    const udp = opening.use(await openUdp({ address, port: deps.port }));
    udp.onError((error) => responder.fail(error));
    const tcp = await openDnsTcp({
      address,
      port: udp.local.port,
      clock: deps.clock,
      answer: (query, peer) => responder.answer(query, { local: address, peer, transport: "tcp" }),
      onError: (error, peer) => responder.fail(error, peer),
    });
    opening.use(tcp);
    const serve = (): void => {
      tcp.serve();
      udp.receive((query, from) => {
        const peer = formatIpv4(from.address);
        const answer = responder.answer(query, { local: address, peer, transport: "udp" });
        if (answer !== undefined) udp.send(answer, from);
      });
    };
    bound.push({ local: udp.local, serve });
  }
  const owned = opening.move();
  return {
    name: "dns",
    done,
    locals: bound.map(({ local }) => local),
    serve() {
      for (const one of bound) one.serve();
    },
    replaceSettings(settings) {
      zones.replacePlan(parseDnsSettings(settings));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Bytes in, bytes out, and what to tell the log of it. */
class Responder implements Disposable {
  readonly #log: Log;
  readonly #zones: LiveZones;
  readonly #malformed: Tally<{ peer: string; error: string }>;
  readonly #failures: Tally<Error>;
  #turn = 0;

  constructor({ clock, log }: DnsDeps, zones: LiveZones) {
    this.#log = log;
    this.#zones = zones;
    this.#malformed = new Tally(clock, troubleWindowMs, (count, last) =>
      log.warn("dns packets malformed", { count, ...last }),
    );
    this.#failures = new Tally(clock, troubleWindowMs, (count, error) =>
      log.error("dns packets failed", { count, error: error.message, stack: error.stack }),
    );
  }

  // No cache of answers: to decide and write one takes 3 µs, its two system calls five times that.
  answer(bytes: Uint8Array, { local, peer, transport }: Asked): Uint8Array | undefined {
    const message = this.#parse(bytes, peer);
    if (message === undefined) return undefined;
    const { reason, response, rotated } = decideDns(
      message,
      this.#zones.seenFrom(local),
      this.#turn,
    );
    if (rotated) this.#turn += 1;
    const question = message.kind === "query" ? message.question : undefined;
    const { name, type } = question ?? {};
    this.#log.debug("dns answer", { peer, transport, name, type, reason, rcode: response.rcode });
    return formatResponse(message, response, responseLimit(message, transport));
  }

  fail(error: Error, peer = ""): void {
    if (error instanceof WireError) this.#noteMalformed(error, peer);
    else this.#failures.note(error);
  }

  [Symbol.dispose](): void {
    this.#malformed[Symbol.dispose]();
    this.#failures[Symbol.dispose]();
  }

  #parse(bytes: Uint8Array, peer: string): Message | undefined {
    try {
      const message = parseMessage(bytes);
      if (message.kind === "malformed") this.#noteMalformed(message.error, peer);
      return message;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#noteMalformed(error, peer);
      return undefined;
    }
  }

  #noteMalformed(error: WireError, peer: string): void {
    this.#malformed.note({ peer, error: error.message });
  }
}
