/** Boots CLIENTS machines at once from eth0: `load.ts CLIENTS SPREAD_MS SEED`. Prints one JSON line. */
import { setTimeout as sleep } from "node:timers/promises";
import { macFromBytes } from "../../../src/wire/mac.ts";
import { openDhcpTalk } from "./dhcp-talk.ts";
import { bootMachine, type Outcome } from "./machine.ts";
import { summarize } from "./summary.ts";

/** One machine of this many reads what it fetches. */
const checkEvery = 20;

const [clients = 10, spreadMs = 1000, seed = 1] = process.argv.slice(2).map(Number);
await using talk = await openDhcpTalk();
const start = performance.now();
const outcomes = await Promise.all(Array.from({ length: clients }, (_, index) => boot(index)));
const wallMs = performance.now() - start;
const { user, system } = process.cpuUsage();
const summary = summarize(outcomes, {
  wallMs,
  repeats: talk.repeats(),
  cpuMs: (user + system) / 1000,
});
process.stdout.write(`${JSON.stringify(summary)}\n`);

// Power comes back to all at once, and no two power supplies are alike.
async function boot(index: number): Promise<Outcome> {
  await sleep(random(seed * 100_003 + index) * spreadMs);
  const octets = Uint8Array.of(0x52, 0x54, 0x01, seed & 255, index >> 8, index & 255);
  return await bootMachine({ mac: macFromBytes(octets), checks: index % checkEvery === 0 }, talk);
}

// mulberry32's mixing: the same storm again for the same seed.
function random(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
