/**
 * Saves one lease after another for ever, and prints the number of each once it is durable. The second
 * argument is how many to save before all are written anew, again and again.
 */
import { writeSync } from "node:fs";
import type { Lease } from "../../src/dhcp/lease.ts";
import { openLeaseStore } from "../../src/dhcp/lease-store.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { addToIpv4, parseIpv4 } from "../../src/wire/ipv4.ts";
import { requestOf } from "./dhcp-message.ts";

const [path = "", every = "10"] = process.argv.slice(2);
const store = await openLeaseStore({ path, log: silentLog, now: () => 0 });
const { key } = requestOf({});
const all: Lease[] = [];
for (let number = 1; ; number += 1) {
  const address = addToIpv4(parseIpv4("10.0.0.0"), number);
  const lease = { address, key, state: "bound", expires: number, relayed: false } as const;
  const mark = { wall: number, time: number };
  all.push(lease);
  const rewriting =
    number % Number(every) === 0 ? store.rewrite(all.slice(0, -1), mark) : undefined;
  await store.save([[lease]], mark);
  writeSync(1, `${number}\n`);
  await rewriting;
}
