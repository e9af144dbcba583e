/**
 * A DHCP server on `eth0` of its namespace, for clients in other namespaces: 10.77.0.1/24 with the
 * pool .100 to .199. Arguments: mode, lease file, lease seconds. Prints `{"ready":true}`, then
 * every event.
 */
import { writeSync } from "node:fs";
import { openArpProber } from "../../src/dhcp/arp-prober.ts";
import { openLeaseStore } from "../../src/dhcp/lease-store.ts";
import { openDhcpServer } from "../../src/dhcp/server.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { openLog } from "../../src/runtime/log.ts";
import { scope, settings, site } from "./dhcp-site.ts";

const [mode, path = "", seconds] = process.argv.slice(2);
const print = (value: unknown): void => {
  writeSync(1, `${JSON.stringify(value)}\n`);
};
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
const log = await openLog({ level: "silent", format: "json" });
using leases = openLeaseStore({ path, log, now: Date.now });
const links = [{ device: "eth0", subnet: site.subnet }];
await using prober = await openArpProber({ links, clock: systemClock, log });
await using server = await openDhcpServer(
  {
    mode: mode === "proxy" ? "proxy" : "full",
    interfaces: [{ device: "eth0", address: site.server, subnet: site.subnet }],
    settings: { ...settings, scopes: [scope], leaseSeconds: Number(seconds) },
    leases,
    clock: systemClock,
    log,
    publish: print,
    onFetch: () => new DisposableStack(),
    findings: {
      raise: (finding) => print({ raised: finding }),
      clear: (finding) => print({ cleared: finding }),
    },
    prober,
    httpPort: site.httpPort,
  },
  stop.signal,
);
server.serve();
print({ ready: true });
await server.done;
