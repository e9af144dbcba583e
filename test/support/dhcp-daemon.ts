/**
 * A DHCP server on `eth0` of its namespace, for clients in other namespaces: 10.77.0.1/24 with the
 * pool .100 to .199, and 10.88.0.0/24 and 10.99.0.0/24 behind relays. Arguments: mode, lease file,
 * lease seconds, the pool's last address if it is another. Prints `{"ready":true}`, then
 * every event.
 */
import { writeSync } from "node:fs";
import { openArpProber } from "../../src/dhcp/arp-prober.ts";
import { openLeaseStore } from "../../src/dhcp/lease-store.ts";
import { fixedMode } from "../../src/dhcp/link-modes.ts";
import { openDhcpServer } from "../../src/dhcp/server.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { openLog } from "../../src/runtime/log.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { far, farther, scope, settings, site } from "./dhcp-site.ts";

const [mode, path = "", seconds, last = "10.77.0.199"] = process.argv.slice(2);
const print = (value: unknown): void => {
  writeSync(1, `${JSON.stringify(value)}\n`);
};
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
const log = await openLog({ level: "silent", format: "json" });
await using leases = await openLeaseStore({ path, log, now: Date.now });
const pools = [{ first: parseIpv4("10.77.0.100"), last: parseIpv4(last) }];
const links = [{ device: "eth0", subnet: site.subnet }];
await using prober = await openArpProber({ links, clock: systemClock, log });
await using server = await openDhcpServer(
  {
    links: fixedMode(mode === "proxy" ? "proxy" : "full"),
    interfaces: [{ device: "eth0", address: site.server, subnet: site.subnet }],
    settings: {
      ...settings,
      scopes: [{ ...scope, pools }, far, farther],
      leaseSeconds: Number(seconds),
    },
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
