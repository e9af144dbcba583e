import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { onHost, type VirtualLan } from "../../src/lab/virtual-lan.ts";

/** What is started on a machine; `exitCode` is absent where a signal ended it. */
export type MachineRun = PromiseLike<{ readonly exitCode?: number; readonly all?: string }> & {
  kill(signal: "SIGTERM" | "SIGKILL"): boolean;
};

/**
 * Machines that are hosts of a LAN, each with /etc and /var/lib of its own: they are given what a real one is
 * given, the files of its Ignition and a bundle for its token, and run its script and its etcd.
 */
export type EtcdMachines = AsyncDisposable & {
  /** Below it a folder a machine. */
  readonly folder: string;
  add(name: string, address: string): Promise<void>;
  /** Runs a shell there, where the machine's own folders are in place of this host's. */
  on(name: string, script: string): MachineRun;
  /** What Ignition would do: the accounts and the files, but none that is fetched. */
  plant(name: string, ignition: string): Promise<void>;
  /** Fetches the machine's bundle. */
  join(name: string): MachineRun;
  /** Starts its etcd, which ends with the machines. */
  startEtcd(name: string, program: string): MachineRun;
};

export async function openEtcdMachines(lan: VirtualLan): Promise<EtcdMachines> {
  const folder = await mkdtemp(join(tmpdir(), "kindling-etcd-"));
  const running: MachineRun[] = [];
  const on: EtcdMachines["on"] = (name, script) => {
    const mounts = ["etc", "var/lib", "run/kindling"].map((path) => {
      return `mount --bind ${join(folder, name, path)} /${path}`;
    });
    const shell = ["mkdir -p /run/kindling", ...mounts, script].join(" && ");
    const [command = "", ...rest] = onHost(name, ["unshare", "--mount", "sh", "-c", shell]);
    return execa(command, rest, { reject: false, all: true });
  };
  return {
    folder,
    on,
    add: (name, address) => lan.addHost(name, `${address}/24`),
    async plant(name, ignition) {
      const document = JSON.parse(ignition);
      const machine = join(folder, name);
      for (const path of ["var/lib/kindling", "var/lib/etcd", "run/kindling"]) {
        await mkdir(join(machine, path), { recursive: true });
      }
      for (const { path, mode, contents } of document.storage.files) {
        if (!contents.source.startsWith("data:,")) continue;
        const file = join(machine, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, decodeURIComponent(contents.source.slice(6)), { mode });
      }
      const accounts = ["root:x:0:0::/:/bin/sh", "etcd:x:970:970::/:", "kube:x:971:971::/:"];
      await writeFile(join(machine, "etc/passwd"), `${accounts.join("\n")}\n`);
      await writeFile(join(machine, "etc/group"), "root:x:0:\netcd:x:970:\nkube:x:971:\n");
    },
    join: (name) => on(name, "set -a && . /etc/kindling/join.env && sh /etc/kindling/join.sh"),
    startEtcd(name, program) {
      const run = `exec setpriv --reuid=970 --regid=970 --clear-groups ${program}`;
      const start = `chown 970:970 /var/lib/etcd && set -a && . /etc/etcd/etcd.env && ${run}`;
      const member = on(name, `chmod 0700 /var/lib/etcd && ${start}`);
      running.push(member);
      return member;
    },
    async [Symbol.asyncDispose]() {
      for (const child of running) child.kill("SIGTERM");
      await Promise.all(running);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Words for etcdctl on a controller, which logs in as that member does. */
export function etcdctl(root: string, endpoints: readonly string[]): string {
  const pki = "/etc/etcd/pki";
  const login = `--cacert=${pki}/ca.crt --cert=${pki}/server.crt --key=${pki}/server.key`;
  const at = endpoints.map((address) => `https://${address}:2379`).join(",");
  return `ETCDCTL_API=3 ${join(root, "usr/bin/etcdctl")} --endpoints=${at} --dial-timeout=5s ${login}`;
}
