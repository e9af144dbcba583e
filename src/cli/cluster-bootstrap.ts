import { KindlingError } from "../errors.ts";
import { allTrouble, formatStep } from "../installer/bring-up.ts";
import { fullName } from "../installer/cluster.ts";
import { bringUp } from "./cluster-bring-up.ts";
import { type HouseFlags, loadApplied, openClusterHouse, wantKubernetes } from "./cluster-house.ts";
import { readKnown } from "./cluster-known.ts";
import type { CliContext } from "./context.ts";

export type BootstrapFlags = HouseFlags & { readonly output: "table" | "json" };

/**
 * `kindling cluster bootstrap`: once what `status --watch` does at each look. 0: nothing is left, the cluster is
 * up; `cluster.not-ready` says what is waited for, and the next try goes on.
 */
export async function runBootstrap(
  name: string,
  flags: BootstrapFlags,
  context: CliContext,
): Promise<number> {
  const house = await openClusterHouse(flags, context);
  const { cluster, kept } = await loadApplied(house, name);
  wantKubernetes(cluster);
  const { ticketsEnd } = await readKnown(house, name);
  const access = { cluster, secrets: kept.record.secrets, signal: context.signal };
  const { taken, left } = await bringUp({ cluster, access, ticketsEnd, hands: "change" });
  const done = taken.map(formatStep);
  const machines = cluster.nodes.map((node) => [fullName(cluster, node), node.name] as const);
  const waiting = allTrouble(left, new Map(machines));
  context.out.write(
    flags.output === "json"
      ? `${JSON.stringify({ cluster: name, done, waiting })}\n`
      : done.map((line) => `${line}\n`).join(""),
  );
  if (waiting.length > 0) {
    const message = `${name} is not up yet: ${waiting.join("; ")}: try again`;
    throw new KindlingError("cluster.not-ready", message);
  }
  if (flags.output === "table") context.out.write(`${name} is up\n`);
  return 0;
}
