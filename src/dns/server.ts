import { randomBytes, randomInt } from "node:crypto";
import type { FindingSink } from "../boot/finding.ts";
import type { Clock } from "../runtime/clock.ts";
import { type Libc, loadLibc } from "../runtime/libc.ts";
import type { Log } from "../runtime/log.ts";
import { Notice } from "../runtime/notice.ts";
import type { BoundService } from "../runtime/service.ts";
import { openUdp, type UdpPeer, type UdpSocket } from "../runtime/udp.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import { subnetContains } from "../wire/subnet.ts";
import { openForwarder } from "./forward.ts";
import { type BindingReader, LiveZones } from "./live-zones.ts";
import type { ServedInterface } from "./machine-zone.ts";
import { Notifier } from "./notifier.ts";
import { type Forwarder, Responder } from "./responder.ts";
import { type DnsSettings, parseDnsSettings } from "./settings.ts";
import { openDnsTcp } from "./tcp.ts";

export type DnsDeps = {
  readonly interfaces: readonly ServedInterface[];
  /** 53; 0 lets the kernel choose, one for each interface. */
  readonly port: number;
  readonly settings: DnsSettings;
  readonly bindings: BindingReader;
  readonly clock: Clock;
  readonly log: Log;
  readonly findings: FindingSink;
  /** Where secondaries listen for NOTIFY. */
  readonly secondaryPort?: number;
  /** TCP connections at once on one address. */
  readonly maxConnections?: number;
};

export type DnsServer = BoundService & {
  /** Where we listen, by UDP and TCP alike. */
  readonly locals: readonly UdpPeer[];
  /** Answers by these settings from now on; throws `config.invalid` and keeps the old otherwise. */
  replaceSettings(settings: DnsSettings): void;
};

/** Binds UDP and TCP on every interface, or nothing. `serve` starts the answers. */
export async function openDnsServer(deps: DnsDeps, signal: AbortSignal): Promise<DnsServer> {
  const plan = parseDnsSettings(deps.settings);
  const { promise: done, resolve: finish } = Promise.withResolvers<void>();
  await using opening = new AsyncDisposableStack();
  opening.defer(finish); // first in, so last to happen: when every port is free again
  const zones = opening.use(new LiveZones(deps, plan));
  const served = deps.interfaces.map(({ subnet }) => subnet);
  const forwarder = openForwarding(deps, opening);
  const { clock, log } = deps;
  const random = randomBytes;
  const responder = opening.use(
    new Responder({ clock, log, zones, served, random, ...(forwarder && { forwarder }) }),
  );
  const onTurnedAway = turnedAway(deps);
  const libc = loadLibc();
  const bound: Bound[] = [];
  const notifier = opening.use(notifierOf(deps, zones, bound));
  opening.use(deps.bindings.onChange(() => notifier.poke()));
  for (const { address } of deps.interfaces) {
    signal.throwIfAborted();
    bound.push(
      await bindAddress(address, { deps, responder, notifier, opening, onTurnedAway, libc }),
    );
  }
  const owned = opening.move();
  return {
    name: "dns",
    done,
    locals: bound.map(({ udp }) => udp.local),
    serve() {
      for (const one of bound) one.serve();
      notifier.poke();
    },
    replaceSettings(settings) {
      zones.replacePlan(parseDnsSettings(settings));
      notifier.poke();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

type Bound = { readonly address: Ipv4Address; readonly udp: UdpSocket; readonly serve: () => void };

type Rig = {
  readonly deps: DnsDeps;
  readonly responder: Responder;
  readonly notifier: Notifier;
  readonly opening: AsyncDisposableStack;
  readonly onTurnedAway: (peer: string | undefined) => void;
  readonly libc: Libc;
};

async function bindAddress(
  address: Ipv4Address,
  { deps, responder, notifier, opening, onTurnedAway, libc }: Rig,
): Promise<Bound> {
  const { maxConnections } = deps;
  const udp = opening.use(await openUdp({ address, port: deps.port, direct: libc }));
  udp.onError((error) => responder.fail(error));
  const tcp = await openDnsTcp({
    address,
    port: udp.local.port,
    clock: deps.clock,
    answer: (query, client, reply) =>
      responder.answer(query, { local: address, client, transport: "tcp" }, reply),
    onError: (error, peer) => responder.fail(error, peer),
    ...(maxConnections !== undefined && { maxConnections }),
    onTurnedAway,
  });
  opening.use(tcp);
  const serve = (): void => {
    tcp.serve();
    udp.receive((query, from) => {
      if (notifier.takeAck(query, from.address)) return;
      const asked = { local: address, client: from.address, transport: "udp" } as const;
      responder.answer(query, asked, ([answer]) => {
        if (answer !== undefined) udp.send(answer, from);
      });
    });
  };
  return { address, udp, serve };
}

function turnedAway({ clock, log }: DnsDeps): Rig["onTurnedAway"] {
  const notice = new Notice(clock.now);
  return (peer) => {
    const times = notice.happened();
    if (times !== undefined) log.warn("dns connections turned away", { times, peer });
  };
}

// A secondary hears of a change from the address in its own subnet: it asks whoever tells it.
function notifierOf(deps: DnsDeps, zones: LiveZones, bound: readonly Bound[]): Notifier {
  const { clock, interfaces, secondaryPort: port = 53 } = deps;
  const nearest = (secondary: Ipv4Address): Ipv4Address | undefined =>
    (interfaces.find(({ subnet }) => subnetContains(subnet, secondary)) ?? interfaces[0])?.address;
  return new Notifier({
    clock,
    secondaries: () => zones.plan.secondaries,
    zonesFor: (secondary) => {
      const local = nearest(secondary);
      return local === undefined ? new Map() : zones.seenFrom(local);
    },
    send: (message, address) => {
      const from = bound.find((one) => one.address === nearest(address));
      from?.udp.send(message, { address, port });
    },
    randomId: () => randomInt(0x1_0000),
  });
}

function openForwarding(deps: DnsDeps, opening: AsyncDisposableStack): Forwarder | undefined {
  const { forward } = deps.settings;
  return forward === undefined ? undefined : opening.use(openForwarder({ ...deps, forward }));
}
