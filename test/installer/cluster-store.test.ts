import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openClusterStore } from "../../src/installer/cluster-store.ts";
import { durableDisk } from "../../src/runtime/durable-file.ts";
import { clusterOf, fakeSecrets } from "../support/cluster.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kindling-clusters-"));
});
afterEach(() => rmSync(home, { recursive: true }));

it("keeps clusters where nobody else may look", async () => {
  const store = openClusterStore(join(home, "clusters"), durableDisk);
  expect(await store.names()).toEqual([]);
  expect(await store.load("demo")).toBeUndefined();
  const secrets = fakeSecrets(clusterOf("smallest"));
  const kept = {
    description: "name: demo\n",
    files: new Map([["ca.crt", "PEM"]]),
    record: { secrets, generations: new Map(), arrived: new Set<string>(), site: {}, applied: [] },
  };
  await store.save("demo", kept);
  expect(statSync(join(home, "clusters", "demo")).mode & 0o777).toBe(0o700);
  expect(await store.names()).toEqual(["demo"]);
  expect(await store.load("demo")).toEqual(kept);
  writeFileSync(join(home, "clusters", "demo", "state.json"), "{");
  await expect(store.load("demo")).rejects.toMatchObject({ code: "cluster-store.unusable" });
  await store.remove("demo");
  expect(await store.names()).toEqual([]);
});
