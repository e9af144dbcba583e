/**
 * Serves DNS on each `address/prefix` of the arguments until its standard input ends. A line of it is JSON of
 * the bindings from then on.
 */
import { createInterface } from "node:readline";
import { openDnsServer } from "../../src/dns/server.ts";
import { defaultRateLimit } from "../../src/dns/settings.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseSubnet, subnetOf } from "../../src/wire/subnet.ts";
import { dnsSettings, FakeBindings } from "./dns.ts";

const interfaces = process.argv.slice(2).map((text) => {
  const [host = "", prefix = ""] = text.split("/");
  const address = parseIpv4(host);
  return { address, subnet: subnetOf(address, Number(prefix)) };
});
const settings = dnsSettings({
  records: [
    { name: "*.apps", type: "CNAME", value: "tectonic" },
    { name: "rack", type: "TXT", value: "row 4" },
    { name: "_etcd-server._tcp", type: "SRV", value: "0 0 2380 node1" },
    ...addresses("many", 90),
    ...addresses("wide", 70), // the most that one datagram takes
  ],
  secondaries: [parseIpv4("10.77.0.53")],
  rateLimit: defaultRateLimit,
  forward: {
    upstreams: [parseIpv4("10.77.0.54")],
    clients: [parseSubnet("10.77.0.98/32")],
    rebindProtection: true,
  },
});
const rows = ["node1 10.77.0.11 reserved", "node2 10.77.0.12 reserved", "node3 10.77.0.13"];
function addresses(name: string, count: number) {
  const one = (at: number) => ({ name, type: "A" as const, value: `10.77.1.${at}` });
  return Array.from({ length: count }, (_, at) => one(at));
}
const bindings = new FakeBindings(rows);
await using server = await openDnsServer(
  {
    interfaces,
    port: 53,
    settings,
    bindings,
    clock: systemClock,
    log: silentLog,
    findings: { raise: () => {}, clear: () => {} },
  },
  new AbortController().signal,
);
server.serve();
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
// Ends with the process that started this one.
for await (const line of createInterface({ input: process.stdin })) {
  bindings.replace(JSON.parse(line));
}
