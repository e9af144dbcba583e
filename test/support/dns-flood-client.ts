/**
 * `dns-flood-client.ts FROM TO NAME`: 2000 questions from one address, as a forger would have them sent; prints what
 * came back.
 */
import { openUdp } from "../../src/runtime/udp.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { queryBytes } from "./dns.ts";

const [from = "", to = "", name = ""] = process.argv.slice(2);
const sent = 2000;
const query = queryBytes(name, "A", { edns: { size: 4096 } });
await using udp = await openUdp({ address: parseIpv4(from), port: 0 });
let answers = 0;
let bytesOut = 0;
let quiet = setTimeout(() => {}, 0);
const { promise: done, resolve } = Promise.withResolvers<void>();
const wait = () => {
  clearTimeout(quiet);
  quiet = setTimeout(resolve, 500);
};
udp.receive((bytes) => {
  answers += 1;
  bytesOut += bytes.length;
  wait();
});
for (let at = 0; at < sent; at += 1) udp.send(query, { address: parseIpv4(to), port: 53 });
wait();
await done;
process.stdout.write(JSON.stringify({ sent, answers, bytesIn: sent * query.length, bytesOut }));
