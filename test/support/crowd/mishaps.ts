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

const year = 365 * 24 * 3_600_000;

const kill: Mishap = async (server) => {
  await server.kill();
  await server.start();
};

/** Nothing of this ends a promise. */
export const mishaps: readonly Row[] = [
  { name: "stalls, on a slow disk", mishap: async () => {} },
  { name: "is killed in the midst of it", mishap: kill },
  {
    name: "has its clock set a year on and back, and is killed or not",
    async mishap(server, random) {
      server.setWallClock([0, year, -year][Math.floor(3 * random())] ?? 0);
      if (random() < 0.5) await kill(server, random);
    },
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
    async mishap(server, random) {
      await server.kill();
      server.forget(Math.floor(10 * random()));
      await server.start();
    },
  },
];
