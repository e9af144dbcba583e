import { expect, it } from "vitest";
import { withReservations } from "../../src/installer/surroundings.ts";
import { judge } from "../../src/installer/validation.ts";
import { Validations } from "../../src/installer/validations/table.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { clusterText, goodSite, readCluster } from "../support/cluster.ts";

const inPool = parseIpv4("10.77.0.150");
const cluster = readCluster(clusterText("smallest").replace("10.77.0.21", "10.77.0.150"));

it.each([
  { name: "of nobody", rows: [], want: ["address.in-pool"] },
  { name: "of that machine", rows: [{ mac: "52:54:00:77:02:01" }], want: [] },
  { name: "of another", rows: [{ mac: "52:54:00:77:99:99" }], want: ["address.taken"] },
])("an address of a pool may be taken where it is kept, $name: $want", ({ rows, want }) => {
  const kept = rows.map(({ mac }) => ({ address: inPool, mac: parseMac(mac) }));
  const site = withReservations(goodSite, kept);
  const { findings } = judge(Validations, cluster, site);
  expect(findings.flatMap(({ id, severity }) => (severity === "error" ? [id] : []))).toEqual(want);
});

it("leaves those alone of subnets that are not known", () => {
  const { subnets: _, ...site } = goodSite;
  expect(withReservations(site, [{ address: inPool }])).toEqual(site);
});
