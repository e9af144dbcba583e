import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { findKubernetesServers } from "../../src/lab/kubernetes-servers.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { parseMac } from "../../src/wire/mac.ts";
import type { ClusterMachine } from "../support/cluster-room.ts";
import { installMachine } from "../support/install-machine.ts";
import {
  idleImages,
  type KubernetesRoom,
  kubernetesVersion,
  mirror,
  openKubernetesRoom,
} from "../support/kubernetes-room.ts";

const servers = await findKubernetesServers(cacheFolder(process.env));
const title =
  servers === undefined
    ? "Kubernetes (skipped: nobody built its servers; node scripts/kubernetes-servers.ts does)"
    : `Kubernetes ${kubernetesVersion}`;

/** What an emulated machine beside others may take for one step. */
const stepMs = 1_200_000;
const lookMs = 15_000;

const controller: ClusterMachine = {
  ...{ name: "c1", mac: parseMac("52:54:00:77:01:01"), address: "10.77.0.11" },
  ...{ firmware: "bios", memoryMb: 3072, cpus: 2 },
};
const worker: ClusterMachine = {
  ...{ name: "w1", mac: parseMac("52:54:00:77:02:01"), address: "10.77.0.21" },
  ...{ firmware: "bios", memoryMb: 2048, cpus: 2 },
};
const parts = {
  ...{ controllers: [controller], workers: [worker] },
  kubernetes: { version: kubernetesVersion },
};

/** Looks until kubectl, run with these words, prints what is wanted, and gives that back. */
async function untilPrinted(
  place: KubernetesRoom,
  words: readonly string[],
  wanted: RegExp,
): Promise<string> {
  const last = performance.now() + stepMs;
  let said = "";
  for (;;) {
    const { stdout, stderr } = await place.kubectl(...words);
    if (stdout + stderr !== said) place.note(`${words.join(" ")}\n${stdout}${stderr}`);
    said = stdout + stderr;
    if (wanted.test(stdout)) return stdout;
    if (performance.now() > last)
      throw new Error(`${words.join(" ")} does not say ${wanted}: ${said}`);
    await sleep(lookMs);
  }
}

/** Applies the manifests and labels the machines, as often as it takes until both are ready. */
async function bringUp(place: KubernetesRoom): Promise<void> {
  const last = performance.now() + stepMs;
  let said = "";
  for (;;) {
    const { exitCode, stdout, stderr } = await place.kindling("cluster", "bootstrap", "demo");
    if (stdout + stderr !== said) place.note(`${stdout}${stderr}`);
    said = stdout + stderr;
    if (exitCode === 0) return;
    if (performance.now() > last) throw new Error(said);
    await sleep(lookMs);
  }
}

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "idle" },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "idle" } },
    template: {
      metadata: { labels: { app: "idle" } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: "idle", image: idleImages.deployed }],
      },
    },
  },
};

describe.skipIf(servers === undefined)(title, () => {
  it("runs on blank machines, one a controller and one a worker", {
    timeout: 3_600_000,
  }, async () => {
    await using place = await openKubernetesRoom("kubernetes", servers ?? "");
    expect(await place.apply("demo", parts, "--mirror", mirror)).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
    place.note("applied");
    // One after the other: emulated, an API server that starts beside a machine that is installed misses its
    // own time limits, and starts over.
    await installMachine(place, controller);
    await untilPrinted(place, ["get", "--raw", "/readyz"], /^ok$/);
    await installMachine(place, worker);
    await bringUp(place);
    const { stdout: nodes } = await place.kubectl("get", "nodes", "--no-headers");
    place.note(nodes);
    expect(nodes).toMatch(/^c1\.dc1\.example\.com +Ready +master /m);
    expect(nodes).toMatch(/^w1\.dc1\.example\.com +Ready +node /m);

    const file = join(place.test.room.folder, "deployment.json");
    await writeFile(file, JSON.stringify(deployment));
    expect(await place.kubectl("apply", "-f", file)).toMatchObject({ exitCode: 0 });
    const state = ["get", "deployment", "idle", "--no-headers"];
    await untilPrinted(place, state, /^idle +3\/3 /);
    expect(await place.kubectl("scale", "deployment", "idle", "--replicas=4")).toMatchObject({
      exitCode: 0,
    });
    await untilPrinted(place, state, /^idle +4\/4 /);
    const pods = await place.kubectl("get", "pods", "-o", "wide", "--no-headers");
    place.note(pods.stdout);
    expect(pods.stdout.match(/ Running .* 10\.2\.\d+\.\d+ +w1\.dc1\.example\.com /g)).toHaveLength(
      4,
    );
  });
});
