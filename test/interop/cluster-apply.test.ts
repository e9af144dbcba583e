import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DaemonSite, openDaemonSite } from "../support/daemon-site.ts";
import { installable, putInstallable } from "../support/installable.ts";

/** Three controllers whose etcd is all that they run. */
const description = `name: demo
domain: dc1.example.com
operatingSystem: { name: ${installable.name}, version: "${installable.version}" }
controllers:
  - { name: c1, mac: 52:54:00:77:01:01, address: 10.77.0.11 }
  - { name: c2, mac: 52:54:00:77:01:02, address: 10.77.0.12 }
  - { name: c3, mac: 52:54:00:77:01:03, address: 10.77.0.13 }
etcd: { program: /usr/bin/etcd }
`;

describe("kindling cluster, asking a daemon that runs", () => {
  let site: DaemonSite;
  let settings = "";
  let file = "";
  const cluster = (verb: string, ...words: readonly string[]) =>
    site.kindling("cluster", verb, ...words, "--config", settings);

  beforeAll(async () => {
    site = await openDaemonSite();
    putInstallable(join(site.folder, "data/assets"));
    const dhcp = { pools: ["10.77.0.100-10.77.0.199"] };
    settings = site.configure(JSON.stringify({ interfaces: ["eth0"], dhcp }));
    file = join(site.folder, "cluster.yaml");
    writeFileSync(file, description);
    await site.serve({ args: ["--config", settings] });
    await site.run("client", "ip", "address", "add", "10.77.0.99/24", "dev", "eth0");
  });
  afterAll(() => site[Symbol.asyncDispose]());

  it("applies a description, and a second time has nothing to do", async () => {
    const first = await cluster("apply", file);
    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(first.stdout).toMatch(/^demo: 18 created, 0 updated, 0 deleted, 3 tickets, /m);
    const second = await cluster("apply", file);
    expect(second).toMatchObject({ exitCode: 0, stderr: "" });
    expect(second.stdout).toBe("demo: nothing to change for 3 machines");
  });

  it("serves what was applied: script, both Ignition files, names", async () => {
    const mac = "52:54:00:77:01:01";
    expect(await site.get("/assets/installer/install.sh")).toMatch(
      /^#!\/bin\/sh\n# Installs a disk/,
    );
    const live = JSON.parse(await site.get(`/ignition?mac=${mac}`));
    expect(live.systemd.units[0].name).toBe("kindling-install.service");
    const installed = JSON.parse(await site.get(`/ignition?mac=${mac}&os=installed`));
    expect(installed.systemd.units.map(({ name }: { name: string }) => name)).toEqual([
      ...["kindling-firewall.service", "kindling-join.service", "etcd.service"],
    ]);
    expect(await site.get(`/ipxe?mac=${mac}`)).toContain(
      "kernel /assets/images/kindling-live/1/x86_64/vmlinuz",
    );
    const api = (await site.dig("demo-k8s.dc1.example.com")).split("\n").toSorted();
    expect(api).toEqual(["10.77.0.11", "10.77.0.12", "10.77.0.13"]);
    const srv = await site.run(
      ...(["client", "dig", "+short", "@10.77.0.1", "SRV"] as const),
      "_etcd-client-ssl._tcp.dc1.example.com",
    );
    expect(srv.stdout.split("\n").toSorted()).toEqual(
      ["c1", "c2", "c3"].map((name) => `0 0 2379 ${name}.dc1.example.com.`),
    );
  });

  it("shows each machine, in words and as JSON", async () => {
    const { stdout } = await cluster("status", "demo");
    expect(stdout).toMatch(/^c1 +controller +\S+ /m);
    const told = JSON.parse((await cluster("status", "demo", "-o", "json")).stdout);
    expect(told).toMatchObject({ cluster: "demo", verdict: "under-way" });
    expect(told.machines).toHaveLength(3);
  });

  it("changes what is there when told so, and only then", async () => {
    const open = join(site.folder, "open.yaml");
    writeFileSync(open, `${description}firewall: { level: off }\n`);
    const asked = await cluster("apply", open);
    expect([asked.exitCode, asked.stdout]).toEqual([
      4,
      expect.stringContaining("~ ignition/demo-c1"),
    ]);
    const done = await cluster("apply", open, "--yes");
    expect(done.stdout).toMatch(/^demo: 0 created, 3 updated, 0 deleted, 0 tickets, 0 names$/m);
  });

  const w1 = ["--role", "worker", "--name", "w1", "--mac", "52:54:00:77:02:01"];
  const own = () => join(site.folder, "open.yaml");

  it("adds a machine to what was applied, and to the operator's own copy", async () => {
    writeFileSync(own(), `${readFileSync(own(), "utf8")}# the end\n`);
    const words = ["add-node", "demo", ...w1, "--address", "10.77.0.21", "--file", own()] as const;
    const first = await cluster(...words);
    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(first.stdout).toContain("+ - { name: w1, mac: 52:54:00:77:02:01, address: 10.77.0.21 }");
    expect(first.stdout).toMatch(
      /^demo: 6 created, 0 updated, 0 deleted, 1 tickets, \d+ names; boot w1/m,
    );
    expect(readFileSync(own(), "utf8")).toMatch(/workers:\n {2}- \{ name: w1, .*\}\n# the end\n$/);
    const second = await cluster(...words);
    expect([second.exitCode, second.stdout]).toEqual([0, "demo: nothing to change for 4 machines"]);
    const other = await cluster("add-node", "demo", ...w1, "--address", "10.77.0.22");
    expect([other.exitCode, other.stderr]).toEqual([
      2,
      expect.stringContaining("not as given here"),
    ]);
    expect(await site.dig("w1.dc1.example.com")).toBe("10.77.0.21");
    expect((await site.admin("/v1/join")) as object).toMatchObject({
      tickets: expect.arrayContaining([expect.objectContaining({ node: "w1" })]),
    });
  });

  it.each([
    {
      words: ["--name", "w2", "--address", "10.77.0"],
      exit: 2,
      want: "workers.1.address: want an IPv4",
    },
    { words: ["--name", "w2", "--address", "10.77.0.11"], exit: 78, want: "machine.address-twice" },
  ])("adds nothing with $words", async ({ words, exit, want }) => {
    const mac = ["--role", "worker", "--mac", "52:54:00:77:02:02"];
    const { exitCode, stderr } = await cluster("add-node", "demo", ...mac, ...words);
    expect([exitCode, stderr]).toEqual([exit, expect.stringContaining(want)]);
  });

  it("leaves a copy alone that says something else", async () => {
    const { exitCode, stderr } = await cluster("remove-node", "demo", "w1", "--file", file);
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining("something else than what was"),
    ]);
  });

  it("takes a machine away with all that it has here", async () => {
    const asked = await cluster("remove-node", "demo", "w1");
    expect(asked.exitCode).toBe(4);
    expect(asked.stdout).toContain("- group/demo-w1\n");
    const done = await cluster("remove-node", "demo", "w1", "--yes", "-o", "json");
    expect(done).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(done.stdout)).toEqual({
      ...{ cluster: "demo", node: "w1", keys: [], firewall: [] },
      ...{ created: 0, updated: 0, deleted: 6, tickets: 0, names: expect.any(Number) },
    });
    expect(JSON.stringify(await site.admin("/v1/reservations"))).not.toContain("10.77.0.21");
    expect(JSON.stringify(await site.admin("/v1/join"))).not.toContain("w1");
    expect(await site.dig("w1.dc1.example.com")).toBe("");
    const again = await cluster("remove-node", "demo", "w1", "--yes");
    expect(again.exitCode).toBe(0);
    expect(again.stdout).toBe("demo: nothing to change for 3 machines");
    expect(again.stderr).toBe("demo has no machine w1: it has c1, c2, c3");
  });

  it("takes all of it away when told so, and only then", async () => {
    const asked = await cluster("destroy", "demo");
    expect(asked.exitCode).toBe(4);
    expect(asked.stderr).toContain("--yes");
    expect((await cluster("destroy", "demo", "--yes")).exitCode).toBe(0);
    expect(await site.dig("demo-k8s.dc1.example.com")).toBe("");
    expect(await site.get("/ignition?mac=52:54:00:77:01:01")).not.toContain("kindling-install");
    expect((await cluster("status", "demo")).stderr).toContain("there is no cluster demo");
  });
});
