import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DaemonSite, openDaemonSite } from "../support/daemon-site.ts";
import { installable, putInstallable } from "../support/installable.ts";

const port = 18_081;

/** Two controllers of a cluster whose machines ask another server. */
const description = `name: demo
domain: dc1.example.com
operatingSystem: { name: ${installable.name}, version: "${installable.version}" }
controllers:
  - { name: c1, mac: [52:54:00:77:01:01, 52:54:00:77:01:11], address: 10.77.0.11 }
  - { name: c2, uuid: 4c4c4544-0051-3010-8052-b4c04f4d3132, address: 10.77.0.12 }
etcd: { program: /usr/bin/etcd }
`;

// A second daemon, with a catalog of its own, is the matchbox that is put to: over gRPC, with certificates.
describe("kindling cluster apply --remote", () => {
  let site: DaemonSite;
  let settings = "";
  let file = "";
  const at = (path: string) => join(site.folder, path);
  const apply = (description: string, ...words: readonly string[]) => {
    const rpc = ["--remote", "--endpoints", `127.0.0.1:${port}`, "--ca-file", at("tls/ca.crt")];
    return site.kindling(
      ...["cluster", "apply", description, "--config", settings, ...rpc],
      ...["--cert-file", at("tls/client.crt"), "--key-file", at("tls/client.key"), ...words],
    );
  };
  const remote = (folder: string) => readdirSync(at(`remote/data/${folder}`)).toSorted();

  beforeAll(async () => {
    site = await openDaemonSite();
    putInstallable(at("data/assets"));
    const dhcp = { pools: ["10.77.0.100-10.77.0.199"] };
    settings = site.configure(JSON.stringify({ interfaces: ["eth0"], dhcp }));
    file = at("cluster.yaml");
    writeFileSync(file, description);
    for (const folder of ["tls", "other"]) {
      const made = await site.kindling("tls", "init", "--folder", at(folder));
      expect(made.exitCode, made.stderr).toBe(0);
    }
    await site.serve({ args: ["--config", settings] });
    await site.run("client", "ip", "address", "add", "10.77.0.99/24", "dev", "eth0");
    const rpc = (name: string, path: string) => [`--rpc-${name}-file`, at(`tls/${path}`)];
    await site.serve({
      args: [
        ...["--interface", "lo", "--dhcp-mode", "off", "--tftp-enabled", "false"],
        ...["--dns-enabled", "false", "--http-port", "18080", "--rpc-port", `${port}`],
        ...[...rpc("ca", "ca.crt"), ...rpc("cert", "server.crt"), ...rpc("key", "server.key")],
        ...["--data-folder", at("remote/data"), "--state-folder", at("remote/state")],
        ...["--admin-socket", at("remote/admin.sock")],
      ],
    });
  });
  afterAll(() => site[Symbol.asyncDispose]());

  it("puts groups, profiles and Ignition there, and the rest here", async () => {
    const first = await apply(file);
    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(first.stdout).toMatch(/^demo: 14 created, 0 updated, 0 deleted, 2 tickets, /m);
    expect(remote("groups")).toEqual(
      ["c1", "c1-2", "c2", "install-c1", "install-c1-2", "install-c2"]
        .map((name) => `demo-${name}.json`)
        .toSorted(),
    );
    expect([remote("profiles").length, remote("ignition").length]).toEqual([4, 4]);
    expect(readdirSync(at("data"))).not.toContain("groups");
    expect(await site.dig("demo-k8s.dc1.example.com")).toContain("10.77.0.11");
  });

  it("has nothing to do a second time", async () => {
    const second = await apply(file);
    expect(second).toMatchObject({ exitCode: 0, stderr: "" });
    expect(second.stdout).toBe("demo: nothing to change for 2 machines");
  });

  it("shows what would change, and waits for a word", async () => {
    const open = at("open.yaml");
    writeFileSync(open, `${description}firewall: { level: off }\n`);
    const asked = await apply(open);
    expect([asked.exitCode, asked.stdout]).toEqual([
      4,
      expect.stringContaining("~ ignition/demo-c1.ign\n"),
    ]);
    const done = await apply(open, "--yes");
    expect(done.stdout).toMatch(/^demo: 0 created, 2 updated, 0 deleted, 0 tickets, 0 names$/m);
    expect((await apply(open)).stdout).toBe("demo: nothing to change for 2 machines");
  });

  it.each([
    {
      name: "another authority's certificate",
      flags: ["--cert-file", "other/client.crt", "--key-file", "other/client.key"],
      exit: 1,
      says: /127\.0\.0\.1:18081: .*is the client's certificate of the daemon's CA\?/,
    },
    {
      name: "an authority that did not sign the server's",
      flags: ["--ca-file", "other/ca.crt"],
      exit: 1,
      says: /127\.0\.0\.1:18081: .*certificate/,
    },
    {
      name: "a certificate that is not there",
      flags: ["--cert-file", "tls/none.crt"],
      exit: 78,
      says: /cannot read .*none\.crt/,
    },
    {
      name: "an endpoint where nobody is",
      flags: ["--endpoints", "127.0.0.1:1"],
      exit: 1,
      says: /127\.0\.0\.1:1: .*is the daemon's rpc\.port set/,
    },
  ])("changes nothing with $name, and says why", async ({ flags, exit, says }) => {
    const words = flags.map((word) => (/^(?:tls|other)\//.test(word) ? at(word) : word));
    const { exitCode, stderr, stdout } = await apply(file, "--yes", ...words);
    expect([exitCode, stderr, stdout]).toEqual([exit, expect.stringMatching(says), ""]);
  });
});
