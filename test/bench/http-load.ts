/**
 * Fetches FILES by PARALLEL connections: `http-load.ts PARALLEL URL…`; every connection fetches them all.
 * Prints one JSON line: seconds, bytes, and the processor time that this program itself took.
 */

import { client } from "./site.ts";
import { fetchByHttp } from "./storm/http-fetch.ts";

const [parallel = "1", ...urls] = process.argv.slice(2);
const address = client.cidr.split("/")[0] ?? "";
const started = performance.now();
const fetchAll = async (): Promise<number> => {
  let bytes = 0;
  for (const url of urls) bytes += (await fetchByHttp(url, { address, keep: "nothing" })).bytes;
  return bytes;
};
const counts = await Promise.all(Array.from({ length: Number(parallel) }, fetchAll));
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage();
const bytes = counts.reduce((sum, count) => sum + count, 0);
process.stdout.write(`${JSON.stringify({ seconds, bytes, clientCpu: (user + system) / 1e6 })}\n`);
