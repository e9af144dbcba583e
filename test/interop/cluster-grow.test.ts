import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";
import { type DaemonSite, openDaemonSite } from "../support/daemon-site.ts";
import {
  type EtcdMachines,
  etcdctl,
  type MachineRun,
  openEtcdMachines,
} from "../support/etcd-machines.ts";
import { installable, putInstallable } from "../support/installable.ts";

// One controller becomes three and one again: a daemon, its commands, and etcd on machines behind the
// firewalls that they were given. A pen writes all the while; what it cannot write is a quorum that was lost.
const peer = await openPeer(cacheFolder(process.env), "etcd").catch((error: unknown) => error);
const why = peer instanceof Error ? ` (skipped: ${peer.message})` : "";
const address = (name: string) => name.replace("c", "10.77.0.1");
const stepMs = 150_000;

describe.skipIf(why !== "")(`a cluster that grows and shrinks${why}`, { timeout: stepMs }, () => {
  if (peer instanceof Error || typeof peer !== "object" || peer === null) return;
  const { root, program } = peer as Awaited<ReturnType<typeof openPeer>>;
  let site: DaemonSite;
  let machines: EtcdMachines;
  let settings = "";
  let own = "";
  const etcds = new Map<string, MachineRun>();
  const pen = { isWriting: true, wrote: 0, lost: [] as string[], ended: Promise.resolve() };

  const cluster = (verb: string, ...words: readonly string[]) =>
    site.kindling("cluster", verb, ...words, "--config", settings);
  const add = (name: string, ...words: readonly string[]) => {
    const mac = `52:54:00:77:01:0${name.slice(1)}`;
    const row = ["--role", "controller", "--name", name, "--mac", mac, "--address", address(name)];
    return cluster("add-node", "demo", ...row, "--file", own, ...words);
  };
  const say = async (words: string, ...names: readonly string[]) =>
    String((await machines.on("c1", `${etcdctl(root, names.map(address))} ${words}`)).all);

  /** Installs a machine: files, firewall, keys, etcd. */
  async function bringUp(name: string): Promise<void> {
    await machines.add(name, address(name));
    const file = join(site.folder, `data/ignition/demo-${name}.ign`);
    await machines.plant(name, readFileSync(file, "utf8"));
    const rules = await machines.on(name, "nft -f /etc/kindling/firewall.nft");
    expect(rules.exitCode, rules.all).toBe(0);
    const joined = await machines.join(name);
    expect(joined.exitCode, joined.all).toBe(0);
    etcds.set(name, machines.startEtcd(name, program));
  }

  async function stop(name: string): Promise<void> {
    etcds.get(name)?.kill("SIGKILL");
    await etcds.get(name);
  }

  /** Says on the others what the command told people to say there. */
  async function heed(told: string, ...names: readonly string[]): Promise<void> {
    const rules = told.split("\n").flatMap((line) => /^ {2}(nft .*|\{ .*)$/.exec(line)?.[1] ?? []);
    expect(rules).toHaveLength(3);
    for (const name of names) {
      const done = await machines.on(name, rules.join(" && "));
      expect(done.exitCode, done.all).toBe(0);
    }
  }

  async function write(): Promise<void> {
    while (pen.isWriting) {
      const said = await say(`put pen ${pen.wrote}`, "c1");
      if (said === "OK") pen.wrote += 1;
      else pen.lost.push(said);
      await pause(200);
    }
  }

  /** Waits until a member gets its vote from the command that asks for it. */
  async function vote(name: string): Promise<void> {
    await expect
      .poll(async () => (await add(name, "--yes")).stdout, { timeout: 60_000, interval: 500 })
      .toContain(`etcd: ${name} has a vote`);
  }

  beforeAll(async () => {
    site = await openDaemonSite();
    machines = await openEtcdMachines(site.lan);
    putInstallable(join(site.folder, "data/assets"));
    const dhcp = { pools: ["10.77.0.100-10.77.0.199"] };
    settings = site.configure(JSON.stringify({ interfaces: ["eth0"], dhcp }));
    own = join(site.folder, "cluster.yaml");
    const { name, version } = installable;
    const row = `  - { name: c1, mac: 52:54:00:77:01:01, address: ${address("c1")} } # the first\n`;
    const os = `operatingSystem: { name: ${name}, version: "${version}" }\n`;
    const head = `name: demo\ndomain: dc1.example.com\n${os}etcd: { program: ${program} }\n`;
    writeFileSync(own, `${head}controllers:\n${row}`);
    await site.serve({ args: ["--config", settings] });
    const applied = await cluster("apply", own);
    expect(applied).toMatchObject({ exitCode: 0, stderr: "" });
    await bringUp("c1");
  }, stepMs);
  afterAll(async () => {
    pen.isWriting = false;
    await pen.ended;
    await machines?.[Symbol.asyncDispose]();
    await site?.[Symbol.asyncDispose]();
  });

  it("begins with one controller", async () => {
    await expect.poll(() => say("put a 1", "c1"), { timeout: 60_000 }).toBe("OK");
    pen.ended = write();
  });

  it("refuses to add or drop a controller by apply: etcd would not know of it", async () => {
    const text = readFileSync(own, "utf8");
    const other = join(site.folder, "other.yaml");
    writeFileSync(
      other,
      text.replaceAll("c1", "c9").replace("01:01", "01:09").replace(".11", ".19"),
    );
    const { exitCode, stderr } = await cluster("apply", other, "--yes");
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining("c1, c9 would come or go")]);
  });

  it.each(["c2", "c3"])(
    "takes %s in without a vote, and gives it one when it is up",
    async (name) => {
      const others = name === "c2" ? ["c1"] : ["c1", "c2"];
      const asked = await add(name);
      expect([asked.exitCode, await say("member list", "c1")]).toEqual([
        4,
        expect.not.stringContaining(address(name)),
      ]);
      const told = await add(name, "--yes");
      expect(told).toMatchObject({ exitCode: 0, stderr: "" });
      expect(told.stdout).toContain(`${name} has no vote in etcd yet`);
      if (name === "c2") {
        const early = await add("c3", "--yes");
        expect([early.exitCode, early.stderr]).toEqual([4, expect.stringContaining("no vote")]);
      }
      await heed(told.stdout, ...others);
      await bringUp(name);
      await vote(name);
      await expect
        .poll(() => say("endpoint health", ...others, name), { timeout: 60_000 })
        .not.toContain("unhealthy");
      expect(readFileSync(own, "utf8")).toContain(`address: ${address(name)} }`);
      expect((await add(name)).stdout).toBe(
        `demo: nothing to change for ${others.length + 1} machines`,
      );
    },
  );

  it("lets none go that the quorum hangs on, but the one that died", async () => {
    await stop("c3");
    const refused = await cluster("remove-node", "demo", "c2", "--yes");
    expect([refused.exitCode, refused.stderr]).toEqual([
      4,
      expect.stringContaining("without c2 etcd has 2 members of which 1 are well"),
    ]);
    const done = await cluster("remove-node", "demo", "c3", "--yes", "--file", own);
    expect(done).toMatchObject({ exitCode: 0, stderr: "" });
    expect(done.stdout).toContain("etcd: c3 is out");
    expect(done.stdout).toMatch(/which has etcd-server@c3, etcd-peer@c3, etcd-client@c3 until 20/);
    await heed(done.stdout, "c1", "c2");
  });

  it("shrinks to one, and keeps that", async () => {
    const done = await cluster("remove-node", "demo", "c2", "--yes", "--file", own);
    expect(done).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await say("member list", "c1")).split("\n")).toEqual([
      expect.stringContaining("started, c1"),
    ]);
    const last = await cluster("remove-node", "demo", "c1", "--yes");
    expect([last.exitCode, last.stderr]).toEqual([2, expect.stringContaining("controllers")]);
    expect(readFileSync(own, "utf8")).toMatch(/^controllers:\n.*# the first\n$/m);
  });

  it("had a quorum at every moment", () => {
    expect(pen.lost).toEqual([]);
    expect(pen.wrote).toBeGreaterThan(20);
  });
});
