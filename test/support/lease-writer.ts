/** Saves one lease after another for ever, and prints the number of each once its `save` returned. */
import { writeSync } from "node:fs";
import { openLeaseStore } from "../../src/dhcp/lease-store.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { addToIpv4, parseIpv4 } from "../../src/wire/ipv4.ts";
import { requestOf } from "./dhcp-message.ts";

const [path = ""] = process.argv.slice(2);
const store = openLeaseStore({ path, log: silentLog, now: () => 0 });
const { key } = requestOf({});
for (let number = 1; ; number += 1) {
  const address = addToIpv4(parseIpv4("10.0.0.0"), number);
  store.save([{ address, key, state: "bound", expires: number, relayed: false }]);
  writeSync(1, `${number}\n`);
}
