import { createHash } from "node:crypto";
import { once } from "node:events";
import { stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodesOf } from "../../src/installer/cluster.ts";
import { JoinServer } from "../../src/installer/join-server.ts";
import { parseTicketWishes } from "../../src/installer/join-ticket.ts";
import { makeSecrets } from "../../src/installer/make-secrets.ts";
import { type ClusterPlan, renderCluster } from "../../src/installer/plan.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";
import { ip, openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { durableDisk } from "../../src/runtime/durable-file.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { formatIpv4, parseIpv4 } from "../../src/wire/ipv4.ts";
import { clusterOf, goodSite } from "../support/cluster.ts";
import { type EtcdMachines, etcdctl, openEtcdMachines } from "../support/etcd-machines.ts";

// Three machines; the bundles are handed out by the daemon's own service, on the host that their bridge is of.
const peer = await openPeer(cacheFolder(process.env), "etcd").catch((error: unknown) => error);
const why = peer instanceof Error ? ` (skipped: ${peer.message})` : "";

describe.skipIf(why !== "")(`etcd on the controllers of a cluster${why}`, () => {
  if (peer instanceof Error || typeof peer !== "object" || peer === null) return;
  const { root, program } = peer as Awaited<ReturnType<typeof openPeer>>;
  const cluster = clusterOf("ha", { etcd: { kind: "controllers", program } });
  const controllers = nodesOf(cluster, "controller");
  let folder = "";
  let lan: VirtualLan;
  let machines: EtcdMachines;
  let joins: JoinServer;
  let plan: ClusterPlan;
  /** What the service told of whom. */
  const [joined, refused]: [string[], string[]] = [[], []];
  /** What the machines told the daemon's HTTP. */
  const reports: string[] = [];
  const http = createServer(({ method, url }, response) => {
    reports.push(`${method} ${url}`);
    response.end("ok\n");
  });

  beforeAll(async () => {
    lan = await openVirtualLan();
    machines = await openEtcdMachines(lan);
    folder = machines.folder;
    await ip(`addr add 10.77.0.1/24 dev ${lan.bridge}`);
    http.listen(8080, "10.77.0.1");
    await once(http, "listening");
    joins = openJoins();
    const { authority, urls } = await joins.about();
    const now = Date.now();
    const secrets = await makeSecrets(cluster, now);
    const site = { ...goodSite, now, joinOrigin: new URL(urls[0] ?? "").origin };
    plan = renderCluster(cluster, secrets, { ...site, joinAuthority: authority });
    for (const { name, address } of controllers) {
      await machines.add(name, formatIpv4(address));
      await machines.plant(name, plan.ignition.get(`prod-${name}.ign`) ?? "");
    }
    const tickets = plan.tickets.map(({ token, node, macs, address, notAfter }) => ({
      ...{ token: createHash("sha256").update(token).digest("hex"), cluster: cluster.name, node },
      ...{ macs, address: formatIpv4(address), expires: notAfter },
      files: plan.bundles.get(node),
    }));
    await joins.put(parseTicketWishes(JSON.stringify({ tickets })));
  });
  afterAll(async () => {
    await machines[Symbol.asyncDispose]();
    await joins[Symbol.asyncDispose]();
    http.close();
    await lan[Symbol.asyncDispose]();
  });

  function openJoins(): JoinServer {
    return new JoinServer({
      ...{ addresses: [parseIpv4("10.77.0.1")], port: 0, folder: join(folder, "join") },
      ...{ disk: durableDisk, clock: systemClock, log: silentLog, machineAt: () => undefined },
      publish: (fact) => {
        if (fact.kind === "report") joined.push(fact.stage);
      },
      findings: { raise: ({ subject }) => refused.push(String(subject)), clear: () => {} },
    });
  }

  it("gives each machine its bundle, to owners and modes as planned", async () => {
    const runs = await Promise.all(controllers.map(({ name }) => machines.join(name)));
    for (const { exitCode, all } of runs) expect(exitCode, String(all)).toBe(0);
    expect(joined).toEqual(controllers.map(() => "joined"));
    const words = controllers.map(({ macs: [mac], uuid }) => {
      const who = mac === undefined ? `uuid=${uuid}` : `mac=${mac.replaceAll(":", "-")}`;
      return `POST /report?${who}&stage=up`;
    });
    expect(reports.toSorted()).toEqual(words.toSorted());
    const key = await stat(join(folder, "c2/etc/etcd/pki/peer.key"));
    expect({ mode: key.mode & 0o777, uid: key.uid }).toEqual({ mode: 0o400, uid: 970 });
    const pki = await stat(join(folder, "c2/etc/etcd/pki"));
    expect(pki.mode & 0o777).toBe(0o755);
    const api = await stat(join(folder, "c2/etc/kubernetes/pki/apiserver.key"));
    expect({ mode: api.mode & 0o777, uid: api.uid }).toEqual({ mode: 0o400, uid: 971 });
    await expect(stat(join(folder, "c2/etc/kindling/join.header"))).rejects.toThrow("ENOENT");
  });

  it("gives it once, and to no other machine", async () => {
    const header = join(folder, "c1/etc/kindling/join.header");
    const tokenOf = (node: string) => plan.tickets.find((ticket) => ticket.node === node)?.token;
    await writeFile(header, `Authorization: Bearer ${tokenOf("c1")}\n`);
    const again = await machines.join("c1");
    expect(again.exitCode).toBe(1);
    expect(again.all).toContain("refuses this machine's token (410)");
    await writeFile(header, `Authorization: Bearer ${tokenOf("w1")}\n`);
    expect((await machines.join("c1")).all).toContain("refuses this machine's token (403)");
    expect(refused).toEqual(["prod/c1", "prod/w1"]);
  });

  // Three disks that sync for each write are slow on a busy host.
  const quorumMs = 150_000;
  it("forms a quorum that speaks TLS, and outlives one machine", {
    timeout: quorumMs,
  }, async () => {
    const members = controllers.map(({ name }) => machines.startEtcd(name, program));
    const ctl = etcdctl(
      root,
      controllers.map(({ address }) => formatIpv4(address)),
    );
    const say = async (words: string, login = ctl) => {
      const { all, exitCode } = await machines.on("c1", `${login} ${words}`);
      return { said: String(all), exitCode };
    };
    await expect
      .poll(async () => (await say("endpoint health")).exitCode, { timeout: 40_000 })
      .toBe(0);
    const { said } = await say("member list");
    expect(said.match(/started, c\d/g)?.sort()).toEqual([
      "started, c1",
      "started, c2",
      "started, c3",
    ]);
    expect((await say("put a 1")).said).toBe("OK");
    const strange = ctl.replace(/--cert=\S+ --key=\S+/, "");
    expect((await say("endpoint health", strange)).exitCode).not.toBe(0);
    const plain = ctl.replace(/--(?:cacert|cert|key)=\S+/g, "--insecure-transport=true");
    expect((await say("endpoint health", plain)).exitCode).not.toBe(0);
    members[2]?.kill("SIGKILL");
    await members[2];
    // It may have been the leader: the others choose a new one first.
    await expect
      .poll(async () => (await say("put b 2")).said, { timeout: 40_000 })
      .toMatch(/^OK$/m);
    expect((await say("get --print-value-only a")).said).toContain("1");
  });
});
