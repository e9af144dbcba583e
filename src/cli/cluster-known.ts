import { parseEvent } from "../boot/event-json.ts";
import type { Install } from "../boot/install.ts";
import type { KnownMachines } from "../installer/machine-progress.ts";
import type { ClusterHouse } from "./cluster-house.ts";

type Ticket = {
  readonly cluster: string;
  readonly node: string;
  readonly expires: number;
  readonly usedAt?: number;
};

/** What the daemon knows of a cluster's machines. */
export async function readKnown(
  { ask }: Pick<ClusterHouse, "ask">,
  cluster: string,
): Promise<KnownMachines> {
  // proven: the daemon's own answers, docs/http-api.md
  const { installs } = (await ask({ path: "/v1/installs" })) as {
    readonly installs: readonly (Install & { readonly mac: string })[];
  };
  const { tickets } = (await ask({ path: "/v1/join" })) as { readonly tickets: readonly Ticket[] };
  const { events } = (await ask({ path: "/v1/boots" })) as { readonly events: string[] };
  const own = tickets.filter((ticket) => ticket.cluster === cluster);
  const used = own.flatMap(({ node, usedAt }) => {
    return usedAt === undefined ? [] : [[node, usedAt] as const];
  });
  return {
    events: events.map(parseEvent),
    installs: new Map(installs.map(({ mac, ...install }) => [mac, install])),
    joined: new Map(used),
    ticketsEnd: own.reduce((last, { expires }) => Math.max(last, expires), 0),
  };
}
