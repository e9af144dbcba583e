import { changeCatalog, remoteCatalog } from "../../src/cli/cluster-catalog.ts";
import { decideApply, entriesOf } from "../../src/installer/apply.ts";
import { parseCluster } from "../../src/installer/cluster-document.ts";
import { renderCluster } from "../../src/installer/plan.ts";
import { judge } from "../../src/installer/validation.ts";
import { Validations } from "../../src/installer/validations/table.ts";
import { openCatalogClient } from "../../src/rpc/client.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { clusterText, fakeFile, fakeSecrets, goodSite } from "../support/cluster.ts";
import { credentialsOf, openRpcRig } from "../support/rpc-rig.ts";
import type { Bench } from "./series.ts";

/** Machines of the cluster; the description has six of its own. */
const machines = 1_000;
/** Groups that are put over gRPC: two a machine, with two profiles and two Ignition files. */
const remoteGroups = 1_000;

type ClusterContender = {
  readonly name: string;
  readonly targets: Readonly<Record<string, number>>;
};

/** What it takes to read, judge and render a large cluster, its keys not counted. */
export function clusterBench(rounds: number): Bench<ClusterContender> {
  const text = largeCluster(machines - 6);
  const [served] = goodSite.subnets ?? [];
  const subnet = parseSubnet("10.77.0.0/16");
  const site = { ...goodSite, subnets: served ? [{ ...served, subnet, pools: [] }] : [] };
  return {
    name: "cluster",
    what: `a description of ${machines} machines, once to warm up`,
    metrics: [
      { name: "read", unit: "ms" },
      { name: "validate and render", unit: "ms" },
      { name: `apply of ${remoteGroups} groups over gRPC`, unit: "s" },
      { name: "the same again", unit: "s" },
    ],
    contenders: [
      {
        name: "kindling",
        targets: {
          "validate and render": 2_000,
          [`apply of ${remoteGroups} groups over gRPC`]: 10,
        },
      },
    ],
    rounds,
    async measure() {
      measureOnce(text, site);
      const [first, again] = await applyRemotely(largeCluster(remoteGroups / 2 - 6), site);
      return {
        ...measureOnce(text, site),
        [`apply of ${remoteGroups} groups over gRPC`]: first,
        "the same again": again,
      };
    },
  };
}

function measureOnce(text: string, site: typeof goodSite): Readonly<Record<string, number>> {
  const begin = performance.now();
  const reading = parseCluster(text, fakeFile);
  if (reading.kind !== "valid") throw new Error("the large cluster cannot be read");
  const read = performance.now();
  const secrets = fakeSecrets(reading.cluster);
  const made = performance.now();
  const { findings } = judge(Validations, reading.cluster, site);
  if (findings.length > 0) throw new Error(`the large cluster has ${findings[0]?.id}`);
  renderCluster(reading.cluster, secrets, site);
  const end = performance.now();
  return { read: read - begin, "validate and render": end - made };
}

// Client and server share a process, and the server puts each entry on its disk before it answers.
async function applyRemotely(
  text: string,
  site: typeof goodSite,
): Promise<readonly [first: number, again: number]> {
  await using rig = await openRpcRig();
  const credentials = credentialsOf(rig.authority, rig.client);
  const options = { endpoints: [rig.endpoint], credentials, timeoutMs: 10_000 };
  await using client = openCatalogClient(options);
  const reading = parseCluster(text, fakeFile);
  if (reading.kind !== "valid") throw new Error("the large cluster cannot be read");
  const wanted = entriesOf(renderCluster(reading.cluster, fakeSecrets(reading.cluster), site));
  const apply = async () => {
    const begin = performance.now();
    const catalog = remoteCatalog(client);
    const changes = decideApply(wanted, await catalog.read(wanted), []);
    await changeCatalog(catalog, changes);
    return { changes: changes.length, seconds: (performance.now() - begin) / 1000 };
  };
  const [first, again] = [await apply(), await apply()];
  const groups = wanted.filter(({ kind }) => kind === "group").length;
  if (groups < remoteGroups || first.changes !== wanted.length || again.changes > 0) {
    throw new Error(`${groups} groups, ${first.changes} changes, then ${again.changes}`);
  }
  return [first.seconds, again.seconds];
}

function largeCluster(more: number): string {
  const rows = Array.from({ length: more }, (_, at) => {
    const hex = at.toString(16).padStart(4, "0");
    const mac = `52:54:01:00:${hex.slice(0, 2)}:${hex.slice(2)}`;
    return `  - { name: x${at}, mac: ${mac}, address: 10.77.${4 + (at >> 8)}.${at & 255} }\n`;
  });
  return clusterText("ha")
    .replace("workers:\n", `workers:\n${rows.join("")}`)
    .replace("10.20.0.0/16", "10.32.0.0/12");
}
