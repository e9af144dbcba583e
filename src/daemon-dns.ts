/** The daemon's DNS: what its zones are made of, and records that come while it runs. Wiring only. */
import { join } from "node:path";
import type { Config } from "./config/schema.ts";
import type { DhcpPart } from "./daemon-dhcp.ts";
import type { House } from "./daemon-parts.ts";
import type { BindingReader } from "./dns/live-zones.ts";
import { openRecordStore, type RecordStore } from "./dns/record-store.ts";
import { type DnsServer, openDnsServer } from "./dns/server.ts";
import { systemClock } from "./runtime/clock.ts";
import { durableDisk } from "./runtime/durable-file.ts";
import type { EventBus } from "./runtime/event-bus.ts";

type DnsPart = { readonly server: DnsServer; readonly records: RecordStore };

export async function openDns(
  house: House,
  {
    dhcp,
    maxConnections,
  }: { readonly dhcp: DhcpPart | undefined; readonly maxConnections: number },
): Promise<DnsPart | undefined> {
  const { options, config, served, settings, bus, log, resources } = house;
  const { dns } = config;
  if (!dns.enabled) return undefined;
  const records = await openRecordStore(recordFile(config), durableDisk, settings.dns);
  const deps = {
    interfaces: served,
    port: dns.port,
    settings: records.settings,
    bindings: bindingsOf(dhcp, bus),
    clock: systemClock,
    log: log.child({ part: "dns" }),
    findings: house.findings,
    maxConnections,
  };
  const server = resources.use(await openDnsServer(deps, options.signal));
  records.answerBy((next) => server.replaceSettings(next));
  return { server, records };
}

/** Where records are kept that were given to the running daemon. */
export function recordFile({ state }: Config): string {
  return join(state.folder, "records.json");
}

// Every change of a lease is told to a machine or by one, and passes the bus as one of these.
const changesLease = new Set(["out offer", "out ack", "in release", "in decline"]);

function bindingsOf(dhcp: DhcpPart | undefined, bus: EventBus): BindingReader {
  return {
    bindings: () => {
      const known = dhcp?.server.bindings() ?? [];
      return known.filter(
        ({ reserved, state }) => reserved || state === "bound" || state === "offered",
      );
    },
    onChange: (listener) => {
      const both = new DisposableStack();
      if (dhcp !== undefined) both.use(dhcp.desk.onChange(listener));
      both.use(
        bus.subscribe((event) => {
          if (event.kind !== "dhcp") return;
          if (changesLease.has(`${event.direction} ${event.message}`)) listener();
        }),
      );
      return both;
    },
  };
}
