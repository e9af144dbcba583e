import type { BootEvent, BootFact } from "../../src/boot/event.ts";
import type { Lease } from "../../src/dhcp/lease.ts";
import type { LeaseStore } from "../../src/dhcp/lease-store.ts";
import { fixedMode } from "../../src/dhcp/link-modes.ts";
import { formatDhcp } from "../../src/dhcp/packet.ts";
import { type DhcpServerDeps, openDhcpServer } from "../../src/dhcp/server.ts";
import type { Log } from "../../src/runtime/log.ts";
import type { MacAddress } from "../../src/wire/mac.ts";
import { type MessageParts, messageOf } from "./dhcp-message.ts";
import { noon, settings, site } from "./dhcp-site.ts";
import { FakeNetwork } from "./fake-udp.ts";

type Line = { level: string; message: string; fields: Record<string, unknown> };

/** A server on a fake network, with a disk that can be full. */
export async function start(parts: Partial<DhcpServerDeps> = {}) {
  const network = new FakeNetwork();
  const lines: Line[] = [];
  const events: (Omit<BootEvent, "at"> & BootFact)[] = [];
  const saved: Lease[] = [];
  const disk = { full: false };
  const findings: object[] = [];
  const fetched = new Set<(mac: MacAddress) => void>();
  const store = (): LeaseStore => ({
    loaded: { leases: [...saved] },
    lines: 0,
    save: async (changes) => {
      if (disk.full) throw new Error("disk full");
      saved.push(...changes.flat());
    },
    rewrite: async () => {
      if (disk.full) throw new Error("disk full");
    },
    [Symbol.asyncDispose]: async () => {},
  });
  const level =
    (name: string) =>
    (message: string, fields: Record<string, unknown> = {}) =>
      void lines.push({ level: name, message, fields });
  const log: Log = {
    debug: level("debug"),
    info: level("info"),
    warn: level("warn"),
    error: level("error"),
    child: () => log,
  };
  const stop = new AbortController();
  const open = () =>
    openDhcpServer(
      {
        links: fixedMode("full"),
        interfaces: [{ device: "eth0", address: site.server, subnet: site.subnet }],
        settings,
        leases: store(),
        clock: { now: () => noon, after: () => ({ [Symbol.dispose]: () => {} }) },
        log,
        publish: (event) => void events.push(event),
        findings: {
          raise: (finding) => void findings.push(finding),
          clear: ({ code }) => void findings.push({ code, cleared: true }),
        },
        onFetch: (listener) => {
          fetched.add(listener);
          return { [Symbol.dispose]: () => void fetched.delete(listener) };
        },
        httpPort: site.httpPort,
        openSocket: network.open,
        ...parts,
      },
      stop.signal,
    );
  // Every promise of the fake store is settled by then.
  const written = () => new Promise((resolve) => setImmediate(resolve));
  const hear = (message: MessageParts, port = 67) =>
    network.deliver(port, formatDhcp(messageOf(message), 1472));
  return { network, lines, events, saved, disk, findings, fetched, stop, open, hear, written };
}

/** A client takes up the offer of .120. */
export const selecting = {
  type: "request",
  serverId: "10.77.0.1",
  requested: "10.77.0.120",
} as const;
