import { parseCluster } from "../../src/installer/cluster-document.ts";
import { renderCluster } from "../../src/installer/plan.ts";
import { judge } from "../../src/installer/validation.ts";
import { Validations } from "../../src/installer/validations/table.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { clusterText, fakeFile, fakeSecrets, goodSite } from "../support/cluster.ts";
import type { Bench } from "./series.ts";

/** Machines of the cluster; the description has six of its own. */
const machines = 1_000;

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
    ],
    contenders: [{ name: "kindling", targets: { "validate and render": 2_000 } }],
    rounds,
    async measure() {
      measureOnce(text, site);
      return measureOnce(text, site);
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
