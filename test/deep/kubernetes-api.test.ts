import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bringUp } from "../../src/cli/cluster-bring-up.ts";
import { type BringUpStep, formatStep } from "../../src/installer/bring-up.ts";
import { openClusterStore } from "../../src/installer/cluster-store.ts";
import type { KubeAccess } from "../../src/installer/kube-client.ts";
import { makeSecrets } from "../../src/installer/make-secrets.ts";
import { renderCluster } from "../../src/installer/plan.ts";
import {
  authorityOf,
  type ClusterSecrets,
  certificateOf,
  formatBootstrapToken,
} from "../../src/installer/secrets.ts";
import type { ClusterSurroundings } from "../../src/installer/surroundings.ts";
import { ip, openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";
import { durableDisk } from "../../src/runtime/durable-file.ts";
import { runLine } from "../support/cli.ts";
import { clusterText, goodSite, readCluster } from "../support/cluster.ts";
import { askForCertificate, KubeCaller } from "../support/kube-caller.ts";
import { findControlPlane, PlayedMachine } from "../support/kubernetes-api.ts";

const programs = await findControlPlane();
const skipped = "why" in programs ? ` (skipped: ${programs.why})` : "";

const bundles = goodSite.bundles?.map((bundle) => ({ ...bundle, version: "v1.20.2" })) ?? [];
const site: ClusterSurroundings = { ...goodSite, bundles };

const hourMs = 3_600_000;
const now = Date.now();
/** When the machines' tickets end, as their daemon says. */
const lastTicket = now + 24 * hourMs;
const rbac = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
const mergePatch = "application/merge-patch+json";

// etcd, API server and controller manager run as the units of a controller say, and are told by the client that
// `cluster status --watch` has. The kubelets are played: what they may do and what they see of it is the API's.
describe.skipIf(skipped !== "")(`the API of a real Kubernetes${skipped}`, () => {
  if ("why" in programs) return;
  const description = `${clusterText("smallest")}kubernetes: { version: v1.20.2 }\n`;
  const cluster = readCluster(description);
  const [w1, c1] = ["w1.example.lan", "c1.example.lan"];
  let lan: VirtualLan;
  let plane: PlayedMachine;
  let worker: PlayedMachine;
  let secrets: ClusterSecrets;
  let access: KubeAccess;
  let admin: KubeCaller;
  let bootstrap: KubeCaller;
  let daemon: FakeDaemon;

  const turn = async (hands: "look" | "change", ticketsEnd = lastTicket) => {
    const { taken, left } = await bringUp({ cluster, access, ticketsEnd, hands });
    return { done: taken.map(formatStep), left };
  };
  const objects = async (path: string) => (await admin.ask(path)).body;

  beforeAll(async () => {
    lan = await openVirtualLan();
    await ip(`addr add 10.77.0.1/24 dev ${lan.bridge}`);
    secrets = await makeSecrets(cluster, now);
    const plan = renderCluster(cluster, secrets, { ...site, now });
    const [first, second] = cluster.nodes;
    if (first === undefined || second === undefined) throw new Error("it has two machines");
    plane = await PlayedMachine.open(lan, programs, { cluster, node: first, plan });
    worker = await PlayedMachine.open(lan, programs, { cluster, node: second, plan });
    access = { cluster, secrets, signal: new AbortController().signal };
    const where = { host: "10.77.0.11", ca: authorityOf(secrets, "cluster").cert };
    admin = new KubeCaller(where, certificateOf(secrets, "admin"));
    bootstrap = new KubeCaller(where, { token: formatBootstrapToken(secrets.bootstrapToken) });
    daemon = await FakeDaemon.open(description, secrets);
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
    await plane[Symbol.asyncDispose]();
    await worker[Symbol.asyncDispose]();
    await lan[Symbol.asyncDispose]();
  });

  it("is waited for while it does not run", async () => {
    const { done, left } = await turn("change");
    expect(done).toEqual([]);
    expect(left).toEqual([{ kind: "wait", why: "c1: its API server: ECONNREFUSED" }]);
  });

  it("answers, started with the flags of the rendered units", async () => {
    plane.start("etcd");
    plane.start("kube-apiserver");
    plane.start("kube-controller-manager");
    const hasAnswered = async () => (await turn("look")).left.some(({ kind }) => kind === "create");
    await expect.poll(hasAnswered, { timeout: 60_000, interval: 500 }).toBe(true);
  }, 70_000);

  it("is left as it is by a look", async () => {
    const { done, left } = await turn("look");
    expect(done).toEqual([]);
    expect(left.filter(({ kind }) => kind === "create").length).toBeGreaterThan(5);
    expect((await admin.ask(`${rbac}/kindling:approve`)).status).toBe(404);
    const { exit, error } = await daemon.kindling("status", "demo");
    expect([exit, error]).toEqual([0, ""]);
    expect((await admin.ask(`${rbac}/kindling:approve`)).status).toBe(404);
  });

  it("gets every manifest at once, and nothing by a second turn", async () => {
    const { done, left } = await turn("change");
    expect(done).toHaveLength(8);
    const waits: readonly BringUpStep[] = [c1, w1].map((node) => {
      return { kind: "wait", node, why: "its kubelet has not registered" };
    });
    expect(left).toEqual(waits);
    const path = "/api/v1/namespaces/tectonic-system/configmaps/tectonic-config";
    const before = await objects(path);
    expect(before["data"]).toMatchObject({ clusterName: "demo" });
    expect((await turn("change")).done).toEqual([]);
    expect(await objects(path)).toEqual(before);
  });

  it("has back what is ours where somebody changed it, and keeps what is theirs", async () => {
    const path = `${rbac}/kindling:approve`;
    const wanted = (await objects(path))["subjects"];
    const theirs = { metadata: { labels: { theirs: "1" } }, subjects: null };
    await admin.ask(path, { method: "PATCH", body: theirs, type: mergePatch });
    expect((await turn("change")).done).toEqual(["restored ClusterRoleBinding kindling:approve"]);
    expect(await objects(path)).toMatchObject({ subjects: wanted, metadata: theirs.metadata });
    const role = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
    const { metadata: _gone, ...rest } = await objects(path);
    await admin.ask(path, { method: "DELETE" });
    const body = { ...rest, metadata: { name: "kindling:approve" }, roleRef: role };
    expect((await admin.ask(rbac, { method: "POST", body })).status).toBe(201);
    expect((await turn("change")).done).toEqual(["replaced ClusterRoleBinding kindling:approve"]);
    expect((await turn("look")).left.map(({ kind }) => kind)).toEqual(["wait", "wait"]);
  });

  it("gives a kubelet its certificate for the bootstrap token, and its role from outside", async () => {
    for (const name of [c1, w1]) {
      const { kubelet, pem } = await certified(name);
      const machine = name === c1 ? plane : worker;
      await machine.plant("/var/lib/kubelet/pki/kubelet-client-current.pem", pem);
      const node = { apiVersion: "v1", kind: "Node", metadata: { name, labels: {} } };
      const itself = { ...node.metadata, labels: { "node-role.kubernetes.io/node": "true" } };
      const forbidden = await kubelet.ask("/api/v1/nodes", {
        method: "POST",
        body: { ...node, metadata: itself },
      });
      expect(forbidden.status).toBe(403);
      expect((await kubelet.ask("/api/v1/nodes", { method: "POST", body: node })).status).toBe(201);
    }
    const { done, left } = await turn("change");
    expect(done).toEqual([
      `labelled ${c1} node-role.kubernetes.io/master=`,
      `labelled ${w1} node-role.kubernetes.io/node=true`,
    ]);
    expect(left).toEqual(
      [c1, w1].map((node) => {
        return { kind: "wait", node, why: "NotReady: its kubelet has told nothing yet" };
      }),
    );
  });

  async function certified(node: string) {
    const { status, name, key } = await askForCertificate(bootstrap, node);
    expect(status).toBe(201);
    const path = `/apis/certificates.k8s.io/v1/certificatesigningrequests/${name}`;
    const issued = async () => Object(await objects(path))["status"]?.certificate;
    await expect.poll(issued, { timeout: 20_000 }).toEqual(expect.any(String));
    const cert = Buffer.from(String(await issued()), "base64").toString();
    const where = { host: "10.77.0.11", ca: authorityOf(secrets, "cluster").cert };
    return { kubelet: new KubeCaller(where, { cert, key }), pem: `${cert}${key}` };
  }

  async function heartbeat(node: string, status: "True" | "False", message: string) {
    const at = new Date().toISOString().replace(/\.\d+/, "");
    const times = { lastHeartbeatTime: at, lastTransitionTime: at };
    const ready = { type: "Ready", status, reason: "Kubelet", message, ...times };
    const type = "application/strategic-merge-patch+json";
    const address = node === c1 ? "10.77.0.11" : "10.77.0.21";
    const addresses = [
      { type: "Hostname", address: node },
      { type: "InternalIP", address },
    ];
    const body = { status: { conditions: [ready], addresses } };
    const path = `/api/v1/nodes/${node}/status`;
    expect((await admin.ask(path, { method: "PATCH", body, type })).status).toBe(200);
  }

  it("tells why a machine is not ready, by code 75 and on the board", async () => {
    await heartbeat(c1, "True", "ready");
    const why = "container runtime network not ready";
    await heartbeat(w1, "False", why);
    const { exit, error } = await daemon.kindling("bootstrap", "demo");
    expect(exit).toBe(75);
    expect(error).toContain(`demo is not up yet: w1: NotReady: ${why}: try again`);
    const { out } = await daemon.kindling("status", "demo");
    expect(out).toMatch(/^c1 +controller +ready +0 s ago +all services answer$/m);
    expect(out).toMatch(/^w1 +worker +joined .* NotReady: container runtime network not ready$/m);
    expect(out).toMatch(/^demo: 95 %, under-way$/m);
  });

  it("is up once every machine is ready", async () => {
    await heartbeat(w1, "True", "ready");
    expect(await daemon.kindling("bootstrap", "demo")).toMatchObject({
      exit: 0,
      out: "demo is up\n",
    });
    const watched = await daemon.kindling("status", "demo", "--watch");
    expect(watched).toMatchObject({ exit: 0, error: "" });
    expect(watched.out).toMatch(/^demo: 100 %, ready$/m);
  });

  const routesOf = async (machine: PlayedMachine) => {
    const keep = "set -a && . /etc/kindling/pod-routes.env && sh /etc/kindling/pod-routes.sh once";
    const run = `mkdir -p /etc/work && export RUNTIME_DIRECTORY=/etc/work && ${keep}`;
    const { exitCode, all } = await machine.run(`(${run}) && ip -4 route show proto 75`);
    expect(exitCode, String(all)).toBe(0);
    return String(all).split("\n");
  };
  const podsOf = async (node: string) => {
    return String(Object((await objects(`/api/v1/nodes/${node}`))["spec"]).podCIDR);
  };

  it("lets each machine keep routes to the pods of the others", async () => {
    const [here, there] = [await podsOf(c1), await podsOf(w1)];
    expect(here).toMatch(/^10\.2\.\d+\.0\/24$/);
    const route = `${there} via 10.77.0.21 dev eth0 `;
    expect(await routesOf(plane)).toEqual([`${there} by 10.77.0.21`, route]);
    expect(await routesOf(plane)).toEqual([route]);
    // Pods are played by an address of their network: what masks them is asked, and who finds back.
    const gateway = (network: string) => network.replace("0/24", "1");
    const bridge = (network: string) =>
      `ip link add cni0 type bridge && ip addr add ${gateway(network)}/24 dev cni0 && ip link set cni0 up`;
    const load = "nft -f /etc/kindling/pod-network.nft";
    expect((await plane.run(`${bridge(here)} && ${load} && ${load}`)).all).toBe("");
    expect((await worker.run(bridge(there))).all).toBe("");
    const ping = async (to: string) => {
      const { exitCode } = await plane.run(`busybox ping -c 1 -W 1 -I ${gateway(here)} ${to}`);
      return exitCode;
    };
    expect(await ping("10.77.0.1"), "to the LAN, which has no route back").toBe(0);
    expect(await ping(gateway(there)), "to a pod that has no route back").not.toBe(0);
    expect(await routesOf(worker)).toContain(`${here} by 10.77.0.11`);
    expect(await ping(gateway(there)), "to a pod, with its own address").toBe(0);
  });

  it("does not label a machine that is not described, nor make one anew that was taken away", async () => {
    const other = { apiVersion: "v1", kind: "Node", metadata: { name: "old.example.lan" } };
    await admin.ask("/api/v1/nodes", { method: "POST", body: other });
    await admin.ask(`/api/v1/nodes/${w1}`, { method: "DELETE" });
    expect(await turn("change")).toMatchObject({ done: [], left: [{ kind: "wait", node: w1 }] });
    expect((await admin.ask(`/api/v1/nodes/${w1}`)).status).toBe(404);
    expect(await routesOf(plane)).toEqual([expect.stringMatching(/^no route to .* any more$/)]);
  });

  it("refuses a bootstrap token whose time is over, and takes it away", async () => {
    const secret = `/api/v1/namespaces/kube-system/secrets/bootstrap-token-${secrets.bootstrapToken.id}`;
    const soon = Date.now() + 4_000 - hourMs;
    expect((await turn("change", soon)).done).toEqual([
      `restored Secret bootstrap-token-${secrets.bootstrapToken.id}`,
    ]);
    const gone = async () => (await admin.ask(secret)).status;
    await expect.poll(gone, { timeout: 30_000, interval: 1_000 }).toBe(404);
    // An API server believes what it found for ten seconds.
    const refused = async () => (await askForCertificate(bootstrap, w1)).status;
    await expect.poll(refused, { timeout: 30_000, interval: 1_000 }).toBe(401);
    expect((await turn("change", soon)).done).toEqual([]);
    expect((await turn("change")).done).toEqual([
      `created Secret bootstrap-token-${secrets.bootstrapToken.id}`,
    ]);
    await expect.poll(refused, { timeout: 30_000, interval: 1_000 }).toBe(201);
  }, 100_000);
});

/** A daemon that knows of a cluster whose machines have their keys, and nothing else. */
class FakeDaemon implements AsyncDisposable {
  readonly #folder: string;
  readonly #server: Server;

  private constructor(folder: string, server: Server) {
    this.#folder = folder;
    this.#server = server;
  }

  static async open(description: string, secrets: ClusterSecrets): Promise<FakeDaemon> {
    const folder = await mkdtemp(join(tmpdir(), "kindling-daemon-"));
    const store = openClusterStore(join(folder, "clusters"), durableDisk);
    const record = {
      ...{ secrets, generations: new Map(), arrived: new Set<string>() },
      ...{ site: {}, applied: [] },
    };
    await store.save("demo", { description, files: new Map(), record });
    await writeFile(join(folder, "kindling.yaml"), JSON.stringify({ state: { folder } }));
    const tickets = ["c1", "w1"].map((node) => {
      return { cluster: "demo", node, expires: lastTicket, usedAt: now };
    });
    const answers = { installs: [], tickets, events: [] };
    const server = createServer((_request, response) => response.end(JSON.stringify(answers)));
    server.listen(join(folder, "admin.sock"));
    await once(server, "listening");
    return new FakeDaemon(folder, server);
  }

  kindling(verb: string, ...words: readonly string[]) {
    const at = (file: string) => join(this.#folder, file);
    const flags = ["--config", at("kindling.yaml"), "--socket", at("admin.sock")];
    return runLine(["cluster", verb, ...words, ...flags]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
