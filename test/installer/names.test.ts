import { expect, it } from "vitest";
import { fullName } from "../../src/installer/cluster.ts";
import { planRecords, recordsToKeep } from "../../src/installer/names.ts";
import { clusterOf } from "../support/cluster.ts";

const cluster = clusterOf("ha");
const nodes = new Set(cluster.nodes.map((node) => fullName(cluster, node)));

it.each([
  { name: "our own zone, where reservations name them", own: cluster.domain, machines: 0 },
  { name: "a zone below ours", own: cluster.domain.replace(/^[^.]+\./, ""), machines: nodes.size },
  { name: "a zone of its own", own: "other.lan", machines: nodes.size },
])("gives the daemon $machines machines' names in $name", ({ own, machines }) => {
  const kept = recordsToKeep(planRecords(cluster), cluster, own);
  expect(kept.filter(({ name }) => nodes.has(name)).length).toBe(machines);
  expect(kept.some(({ type }) => type === "PTR")).toBe(false);
  expect(kept.some(({ name }) => name === cluster.apiName)).toBe(true);
});
