/** What befalls a simulated server, and what the two books say of it. */
import { promisedTwice, sharedByMachines } from "./ledger.ts";
import { simulate } from "./simulated-link.ts";
import type { SimulatedServer } from "./simulated-server.ts";

/** Happens every two seconds or so. */
export type Mishap = (server: SimulatedServer, random: () => number) => Promise<void>;

type Row = { readonly name: string; readonly mishap: Mishap };

/** Hardly more addresses than machines: what ends too early is given away at once. */
const crowd = { stations: 24, addresses: 27 } as const;

export async function booksOf(run: {
  readonly seed: number;
  readonly folder: string;
  readonly seconds: number;
  readonly mishap: Mishap;
}) {
  const { lines, messages } = await simulate({ ...crowd, ...run });
  return {
    bound: lines.filter(({ kind }) => kind === "bound").length,
    declined: lines.filter(({ kind }) => kind === "declined"),
    complaints: [...sharedByMachines(lines), ...promisedTwice(messages)],
  };
}

const hour = 3_600_000;
const year = 365 * 24 * hour;

/** Kills it; `meanwhile` is what happens to its host. */
async function restart(server: SimulatedServer, meanwhile = () => {}): Promise<void> {
  await server.kill();
  meanwhile();
  await server.start();
}

/** Nothing of this ends a promise. */
export const mishaps: readonly Row[] = [
  { name: "stalls, on a slow disk", mishap: async () => {} },
  { name: "is killed in the midst of it", mishap: (server) => restart(server) },
  {
    name: "has its clock set a year on and back",
    mishap: async (server, random) => server.stepWallClock(random() < 0.5 ? year : -year),
  },
  {
    name: "is down while its clock is set, by an hour or less",
    mishap: (server, random) => restart(server, () => server.stepWallClock(hour * random())),
  },
  {
    name: "is on a host that starts anew with a wild clock",
    mishap: (server, random) =>
      restart(server, () => {
        server.restartHost();
        server.stepWallClock(random() < 0.5 ? year : -year);
      }),
  },
  {
    name: "has a full disk at times",
    mishap: async (server, random) => server.fill(random() < 0.5),
  },
];

/** Servers that are none. */
export const faults: readonly Row[] = [
  { name: "leases' clock leaps", mishap: async (server) => server.leap(3900) },
  {
    name: "disk lost what it had called safe",
    mishap: (server, random) => restart(server, () => server.forget(Math.floor(10 * random()))),
  },
];
