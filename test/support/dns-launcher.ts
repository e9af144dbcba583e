/** Serves DNS on each `address/prefix` of the arguments until its standard input ends. */
import { openDnsServer } from "../../src/dns/server.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { subnetOf } from "../../src/wire/subnet.ts";
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
    ...Array.from({ length: 90 }, (_, at) => ({
      name: "many",
      type: "A" as const,
      value: `10.77.1.${at}`,
    })),
  ],
});
const rows = ["node1 10.77.0.11 reserved", "node2 10.77.0.12 reserved", "node3 10.77.0.13"];
await using server = await openDnsServer(
  {
    interfaces,
    port: 53,
    settings,
    bindings: new FakeBindings(rows),
    clock: systemClock,
    log: silentLog,
    findings: { raise: () => {}, clear: () => {} },
  },
  new AbortController().signal,
);
server.serve();
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
for await (const _ of process.stdin); // ends with the process that started this one
