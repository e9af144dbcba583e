import { WireError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import {
  type Icmp6Message,
  type Icmp6Options,
  type Icmp6Socket,
  openIcmp6,
} from "../runtime/icmp6.ts";
import type { Log } from "../runtime/log.ts";
import type { BoundService } from "../runtime/service.ts";
import { type Advert, formatAdvert, NdpType, parseNdp } from "./advert.ts";
import { type AdvertMode, decideNdp, type LinkState, quietLink } from "./decide.ts";

/** A device on which solicitations are answered, and with what. */
export type AdvertLink = { readonly device: string; readonly advert: Advert };

export type AdvertServerDeps = {
  readonly links: readonly AdvertLink[];
  readonly mode: AdvertMode;
  readonly clock: Clock;
  readonly log: Log;
  readonly openSocket?: (options: Icmp6Options) => Promise<Icmp6Socket>;
};

/** Opens a socket for each link, or none. Fails with `rights.missing` where raw sockets are not allowed. */
export async function openAdvertServer(
  deps: AdvertServerDeps,
  signal: AbortSignal,
): Promise<BoundService> {
  await using opening = new AsyncDisposableStack();
  const { openSocket = openIcmp6 } = deps;
  const types = Object.values(NdpType);
  const links: Link[] = [];
  for (const { device, advert } of deps.links) {
    signal.throwIfAborted();
    const socket = opening.use(await openSocket({ device, types }));
    links.push(new Link({ ...deps, device, socket, answer: formatAdvert(advert) }));
  }
  const open = opening.move();
  const { promise: done, resolve } = Promise.withResolvers<void>();
  return {
    name: "router advertisements",
    done,
    serve() {
      for (const link of links) link.serve();
    },
    async [Symbol.asyncDispose]() {
      await open.disposeAsync();
      resolve();
    },
  };
}

type LinkDeps = Omit<AdvertServerDeps, "links"> & {
  readonly device: string;
  readonly socket: Icmp6Socket;
  readonly answer: Uint8Array;
};

/** One link: take, parse, decide, send. */
class Link {
  readonly #deps: LinkDeps;
  readonly #log: Log;
  #state: LinkState = quietLink;

  constructor(deps: LinkDeps) {
    this.#deps = deps;
    this.#log = deps.log.child({ device: deps.device });
  }

  serve(): void {
    const { socket } = this.#deps;
    socket.onError((error) => this.#log.warn("icmpv6 socket error", { error: error.message }));
    socket.receive((message) => this.#receive(message));
  }

  #receive({ bytes, source }: Icmp6Message): void {
    try {
      const { mode, clock } = this.#deps;
      const context = { mode, link: this.#state, now: clock.now() };
      const decision = decideNdp(parseNdp(bytes), source, context);
      if (decision.kind !== "ignore") this.#state = decision.state;
      const sent = decision.kind === "answer" ? this.#send(decision.to) : {};
      const { kind, reason } = decision;
      this.#log.debug("router advertisement decision", { source, decision: kind, reason, ...sent });
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#log.debug("neighbour discovery message malformed", { source, error: error.message });
    }
  }

  // The first may fail while the device's own address is still being checked; the machine asks again.
  #send(to: AdvertTarget): { readonly sent: boolean } {
    return { sent: this.#deps.socket.send(this.#deps.answer, to) };
  }
}

type AdvertTarget = Icmp6Message["source"];
