import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readAccount } from "../../src/runtime/privileges.ts";
import { type DaemonSite, openDaemonSite } from "../support/daemon-site.ts";

let site: DaemonSite;
beforeEach(async () => {
  site = await openDaemonSite();
});
afterEach(() => site[Symbol.asyncDispose]());

const asNobody = { args: ["--interface", "eth0", "--user", "nobody"] };

const isRoot = process.getuid?.() === 0;
describe.skipIf(!isRoot)(
  "a daemon that becomes another user (skipped where the tests are not root)",
  () => {
    it("gives up root for good, in each of its threads", async () => {
      const daemon = await site.serve(asNobody);
      const { uid, gid } = readAccount("nobody");
      const tasks = `/proc/${daemon.pid}/task`;
      for (const task of readdirSync(tasks)) {
        const status = readFileSync(join(tasks, task, "status"), "utf8");
        const field = (name: string) =>
          new RegExp(`^${name}:\\s*(.*?)\\s*$`, "m").exec(status)?.[1];
        expect(field("Uid")?.split("\t")).toEqual(Array(4).fill(String(uid)));
        expect(field("Gid")?.split("\t")).toEqual(Array(4).fill(String(gid)));
        expect(field("Groups")).toBe(String(gid));
        for (const set of ["CapInh", "CapPrm", "CapEff", "CapAmb"]) {
          expect([set, field(set)]).toEqual([set, "0".repeat(16)]);
        }
        // A thread's own; the first one alone starts programs.
        if (task === String(daemon.pid)) expect(field("NoNewPrivs")).toBe("1");
      }
    });

    it("goes on serving, writes its leases, and removes its socket at the end", async () => {
      const daemon = await site.serve(asNobody);
      const lease = await site.lease();
      expect(await site.dig("provisioner.kindling.lan")).toBe("10.77.0.1");
      expect(await site.get("/healthz")).toBe("ok");
      const loader = await site.run(
        "client",
        "curl",
        "-sS",
        "-o",
        "/dev/null",
        "tftp://10.77.0.1/undionly.kpxe",
      );
      expect(loader.exitCode).toBe(0);
      daemon.signal("SIGTERM");
      expect((await daemon.ended).exitCode).toBe(0);
      expect(existsSync(join(site.folder, "run/admin.sock"))).toBe(false);
      await site.serve(asNobody);
      expect(await site.admin("/v1/leases")).toMatchObject({
        leases: [{ address: lease?.ip, state: "bound" }],
      });
    });

    it("takes over its own files and no others", async () => {
      for (const folder of ["run", "state"]) {
        mkdirSync(join(site.folder, folder));
        writeFileSync(join(site.folder, folder, "of-root"), "");
      }
      await site.serve(asNobody);
      const owner = (path: string) => lstatSync(join(site.folder, path)).uid;
      const { uid } = readAccount("nobody");
      expect(["state", "state/leases.journal", "run/admin.sock"].map(owner)).toEqual([
        uid,
        uid,
        uid,
      ]);
      expect(["run", "run/of-root", "state/of-root"].map(owner)).toEqual([0, 0, 0]);
    });
  },
);

describe("a daemon that was killed", () => {
  it("starts again over its socket and knows its leases", async () => {
    const killed = await site.serve();
    const lease = await site.lease();
    killed.signal("SIGKILL");
    await killed.ended;
    expect(existsSync(join(site.folder, "run/admin.sock"))).toBe(true);
    await site.serve();
    expect(await site.admin("/v1/leases")).toMatchObject({ leases: [{ address: lease?.ip }] });
    expect((await site.lease())?.ip).toBe(lease?.ip);
  });
});

describe("a daemon whose interface is removed", () => {
  it("says so, and ends when another one has its name", async () => {
    const daemon = await site.serve();
    await ip("link del v-server");
    expect(await daemon.logged("interface went away")).toMatchObject({ device: "eth0" });
    await ip("link add v-server type veth peer name eth0 netns server");
    const { exitCode, stderr } = await daemon.ended;
    expect(stderr).toContain("eth0 was removed and another one has its name");
    expect(exitCode).toBe(1);
  });
});

describe("a daemon whose state is not as it should be", () => {
  it("sets a damaged lease file aside, says so and serves", async () => {
    mkdirSync(join(site.folder, "state"));
    writeFileSync(join(site.folder, "state/leases.journal"), "these are no leases, not at all");
    const daemon = await site.serve({ args: ["--interface", "eth0"] });
    const said = await daemon.logged("lease file is damaged; starting with an empty one");
    expect(readFileSync(String(said["setAside"]), "utf8")).toContain("no leases");
    expect(await site.lease()).toBeDefined();
  });

  it("renews and grants nothing new while the disk is full, then goes on by itself", async () => {
    const state = join(site.folder, "small");
    mkdirSync(state);
    await execa("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", state]);
    const daemon = await site.serve({ args: ["--interface", "eth0", "--state-folder", state] });
    const known = await site.lease();
    const filler = join(state, "filler");
    await execa("dd", ["if=/dev/zero", `of=${filler}`, "bs=4k"], { reject: false });
    // What is left of the journal's last page takes some renewals; then a write fails.
    const full = daemon.logged("finding raised");
    let held: Awaited<typeof known>;
    for (let count = 0; count < 30; count += 1) held = await site.lease();
    expect(await full).toMatchObject({ code: "store.unusable", level: "error" });
    const { sentence } = await full;
    expect(sentence).toMatch(
      /did not take a lease: ENOSPC.*; check the folder's rights and free space/,
    );
    expect(held?.ip).toBe(known?.ip);
    rmSync(filler);
    expect(await daemon.logged("finding cleared")).toMatchObject({ code: "store.unusable" });
    expect((await site.lease())?.ip).toBe(known?.ip);
    daemon.signal("SIGTERM");
    await daemon.ended;
    await execa("umount", [state]);
  });

  it("does not start beside another daemon on the same leases", async () => {
    await site.serve({ args: ["--interface", "eth0"] });
    const lock = readFileSync(join(site.folder, "state/leases.journal.lock"), "utf8").trim();
    const { exitCode, stderr } = await site.start().ended;
    expect(stderr).toContain(`leases.journal is in use by process ${lock}: stop that one`);
    expect(exitCode).toBe(1);
  });
});

async function ip(words: string): Promise<void> {
  await execa("ip", words.split(" "));
}
