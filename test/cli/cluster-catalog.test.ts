import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ClusterCatalog,
  changeCatalog,
  folderCatalog,
  remoteCatalog,
} from "../../src/cli/cluster-catalog.ts";
import { type ApplyChange, decideApply, entriesOf } from "../../src/installer/apply.ts";
import { renderCluster } from "../../src/installer/plan.ts";
import { type CatalogClient, openCatalogClient } from "../../src/rpc/client.ts";
import { clusterOf, fakeSecrets, goodSite } from "../support/cluster.ts";
import { credentialsOf, openRpcRig, type RpcRig } from "../support/rpc-rig.ts";

const cluster = clusterOf("ha");
const wanted = entriesOf(renderCluster(cluster, fakeSecrets(cluster), goodSite));

let rig: RpcRig;
let client: CatalogClient;
beforeEach(async () => {
  rig = await openRpcRig();
  const credentials = credentialsOf(rig.authority, rig.client);
  client = openCatalogClient({ endpoints: [rig.endpoint], credentials, timeoutMs: 10_000 });
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

describe.each(["folder", "gRPC"] as const)("a catalog by %s", (kind) => {
  const open = () => (kind === "folder" ? folderCatalog(rig.folder) : remoteCatalog(client));

  it("gives back what was put, to the letter, and nothing once it is gone", async () => {
    const catalog = open();
    expect((await catalog.read(wanted)).size).toBe(0);
    await changeCatalog(catalog, decideApply(wanted, new Map(), []));
    const there = await catalog.read(wanted);
    expect(decideApply(wanted, there, wanted)).toEqual([]);
    await changeCatalog(catalog, decideApply([], there, wanted));
    expect((await catalog.read(wanted)).size).toBe(0);
  });
});

describe("changeCatalog", () => {
  it("ends with one kind of entries before it begins with the next", async () => {
    const told: string[] = [];
    let underWay = 0;
    const catalog: ClusterCatalog = {
      read: async () => new Map(),
      async change({ kind, entry }) {
        const stage = `${kind} ${entry.kind}`;
        if (told.at(-1) !== stage) {
          expect(underWay).toBe(0);
          told.push(stage);
        }
        underWay += 1;
        await Promise.resolve();
        underWay -= 1;
      },
    };
    const removals = decideApply(
      [],
      new Map(wanted.map((e) => [`${e.kind}/${e.name}`, ""])),
      wanted,
    );
    await changeCatalog(catalog, [...decideApply(wanted, new Map(), []), ...removals]);
    expect(told).toEqual([
      ...["create ignition", "create profile", "create group"],
      ...["delete group", "delete profile", "delete ignition"],
    ]);
  });

  it("begins nothing more once a change has failed", async () => {
    const begun: ApplyChange[] = [];
    const catalog: ClusterCatalog = {
      read: async () => new Map(),
      async change(change) {
        begun.push(change);
        throw new Error("no space");
      },
    };
    const changes = decideApply(wanted, new Map(), []);
    await expect(changeCatalog(catalog, changes)).rejects.toThrow("no space");
    expect(begun.length).toBeLessThanOrEqual(16);
    expect(begun.every(({ entry }) => entry.kind === "ignition")).toBe(true);
  });
});
