import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { parseSecretsFile } from "../../src/installer/secrets-file.ts";
import { labNet, labPaths } from "../../src/lab/lab-config.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";
import { formatMacHyphen, parseMac } from "../../src/wire/mac.ts";
import {
  type ClusterMachine,
  type ClusterRoom,
  clusterDomain,
  openClusterRoom,
} from "../support/cluster-room.ts";
import { bootMs, installMachine } from "../support/install-machine.ts";

const timeout = 2_400_000;
/** How often a command asks the cluster how it is: each look is a process. */
const lookMs = 5_000;

/** The image's own: these clusters have no Kubernetes. */
const etcd = { etcd: { program: "/usr/bin/etcd" } };

const machine = (
  number: number,
  firmware: ClusterMachine["firmware"] = "bios",
): ClusterMachine => ({
  name: `c${number}`,
  mac: parseMac(`52:54:00:77:01:0${number}`),
  address: `10.77.0.1${number}`,
  firmware,
});

async function untilReady(place: ClusterRoom, cluster: string): Promise<void> {
  const last = performance.now() + bootMs;
  for (;;) {
    const { verdict, machines } = await place.status(cluster);
    if (verdict === "ready") return place.note(`${cluster} ready`);
    const told = JSON.stringify(machines);
    place.note(told);
    if (performance.now() > last) throw new Error(`${cluster} is not ready: ${told}`);
    await sleep(lookMs);
  }
}

/** Debian's etcdctl where the daemon is, which finds the members by their SRV records. */
async function openEtcdctl(place: ClusterRoom, cluster: string) {
  const { root } = await openPeer(cacheFolder(process.env), "etcd");
  const { folder } = place.test.room;
  const kept = join(labPaths(folder).state, "clusters", cluster, "secrets.json");
  const { authorities, certificates } = parseSecretsFile(await readFile(kept, "utf8"));
  const login = certificates.get("etcd-client@c1");
  const pem = { ca: authorities.get("etcd")?.cert, cert: login?.cert, key: login?.key };
  const home = join(folder, "etcdctl");
  await mkdir(home);
  for (const [name, text] of Object.entries(pem)) await writeFile(join(home, name), text ?? "");
  const tls = `--cacert=${home}/ca --cert=${home}/cert --key=${home}/key`;
  return async (words: string) => {
    const ctl = `ETCDCTL_API=3 ${join(root, "usr/bin/etcdctl")} --dial-timeout=10s ${tls} ${words}`;
    return await place.runByNames("sh", "-c", `${ctl} 2>&1`);
  };
}

/** What the join service answers to whoever shows a machine's token now. */
async function joinAgain(place: ClusterRoom, cluster: string, node: string): Promise<string> {
  const kept = join(labPaths(place.test.room.folder).state, "clusters", cluster, "secrets.json");
  const token = parseSecretsFile(await readFile(kept, "utf8")).joinTokens.get(node);
  const curl = ["curl", "-sk", "-X", "POST", "-w", "%{http_code}", "-o", "/dev/null"];
  const url = `https://${labNet.server}:8444/v1/join`;
  return (await place.run(...curl, "-H", `Authorization: Bearer ${token}`, url)).stdout;
}

describe("blank machines", () => {
  it("become an etcd of one member, and its token opens nothing again", { timeout }, async () => {
    await using place = await openClusterRoom("cluster-one");
    const c1 = machine(1);
    expect(await place.apply("one", { ...etcd, controllers: [c1] })).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
    place.note("applied");
    await installMachine(place, c1);
    await untilReady(place, "one");
    expect(await joinAgain(place, "one", "c1")).toBe("410");
    const installs = await place.kindling("machine", "installs");
    expect(installs.stdout).toMatch(/52:54:00:77:01:01/);
  });

  it("become a quorum over TLS, and one of them is replaced", { timeout }, async () => {
    await using place = await openClusterRoom("cluster-three");
    const machines = [machine(1), machine(2, "uefi"), machine(3)];
    expect(await place.apply("demo", { ...etcd, controllers: machines })).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
    place.note("applied");
    await Promise.all(machines.map((one) => installMachine(place, one)));
    await untilReady(place, "demo");
    const etcdctl = await openEtcdctl(place, "demo");
    const healthy = async (where: string) => {
      const health = await etcdctl(`${where} endpoint health --cluster`);
      place.note(health.stdout);
      expect(health.stdout.match(/is healthy/g), health.stdout).toHaveLength(3);
    };
    await healthy(`--endpoints=https://demo-k8s.${clusterDomain}:2379`);
    await healthy(`--discovery-srv=${clusterDomain}`);
    expect((await etcdctl(`--discovery-srv=${clusterDomain} put a 1`)).stdout).toBe("OK");

    const c3 = machine(3);
    await place.powerOff("c3-disk");
    await rm(join(place.test.room.folder, `${formatMacHyphen(c3.mac)}.disk`));
    const replaced = await place.kindling("cluster", "replace-node", "demo", "c3", "--yes");
    expect(replaced, replaced.stderr).toMatchObject({ exitCode: 0 });
    place.note(replaced.stdout);
    await installMachine(place, c3);
    await untilReady(place, "demo");
    await healthy(`--discovery-srv=${clusterDomain}`);
    expect(
      (await etcdctl(`--discovery-srv=${clusterDomain} get --print-value-only a`)).stdout,
    ).toBe("1");
  });
});
