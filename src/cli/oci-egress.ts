import type { Command } from "commander";
import { egressTargets, egressWords, isReached } from "../assets/oci/egress.ts";
import { probeEgress } from "../assets/oci/egress-probe.ts";
import { usualRegistries } from "../assets/oci/hosts-toml.ts";
import { isRegistry } from "../assets/oci/reference.ts";
import type { Config } from "../config/schema.ts";
import { KindlingError } from "../errors.ts";
import { systemClock } from "../runtime/clock.ts";
import { formatColumns } from "./columns.ts";
import type { CliContext } from "./context.ts";
import type { Act } from "./dhcp-leases.ts";
import { readConfig } from "./read-config.ts";

type EgressFlags = {
  readonly config?: string;
  readonly registry?: readonly string[];
  readonly json: boolean;
};

/** How long each step of a look may take. */
const stepMs = 5_000;

/** Adds `kindling oci egress`. */
export function addEgressVerb(
  verb: (words: string, description: string) => Command,
  context: CliContext,
  act: Act,
): void {
  verb("egress", "look which registries this host reaches, and where it stops")
    .option("--registry <host...>", "these; else those of oci.upstreams, else the usual ones")
    .option("--json", "one JSON object instead of the table", false)
    .action(act((flags: EgressFlags) => look(flags, context)));
}

async function look(flags: EgressFlags, context: CliContext): Promise<number> {
  const { oci } = await readConfig(flags, context);
  const targets = registriesOf(flags, oci).flatMap((registry) => {
    const own = oci.upstreams.find((one) => one.registry === registry)?.url;
    return egressTargets(registry, own);
  });
  const looks = await Promise.all(
    targets.map(async (target) => {
      const result = await probeEgress({ url: target.url, clock: systemClock, stepMs });
      return { ...target, reached: isReached(target, result), words: egressWords(target, result) };
    }),
  );
  const rows = looks.map(({ registry, url, purpose, reached, words }) => {
    return [registry, new URL(url).host, purpose, reached ? "yes" : "no", words];
  });
  const head = ["REGISTRY", "HOST", "FOR", "REACHED", "HOW, OR WHERE IT STOPS"];
  context.out.write(
    flags.json ? `${JSON.stringify({ looks }, null, 2)}\n` : formatColumns([head, ...rows]),
  );
  return looks.every(({ reached }) => reached) ? 0 : 1;
}

function registriesOf({ registry }: EgressFlags, { upstreams }: Config["oci"]): readonly string[] {
  const bad = registry?.find((one) => !isRegistry(one));
  if (bad !== undefined) {
    const message = `--registry: want a host such as quay.io, got "${bad}"`;
    throw new KindlingError("usage.invalid", message);
  }
  if (registry !== undefined) return registry;
  return upstreams.length > 0 ? upstreams.map((one) => one.registry) : usualRegistries;
}
