import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { onHost } from "../../src/lab/virtual-lan.ts";
import type { Daemon } from "../support/daemon.ts";
import { type DaemonSite, openDaemonSite } from "../support/daemon-site.ts";
import { openNotifySocket } from "../support/notify-socket.ts";

let site: DaemonSite;
beforeEach(async () => {
  site = await openDaemonSite();
});
afterEach(() => site[Symbol.asyncDispose]());

const yaml = (lease: string, name: string) =>
  `dhcp:\n  lease: ${lease}\ndns:\n  records: [{ name: ${name}, type: A, value: 10.77.0.9 }]\n`;
const serveFile = async (text: string): Promise<Daemon> => {
  const file = site.configure(text);
  return await site.serve({ args: ["--interface", "eth0", "--config", file] });
};

describe("a settings file that changes", () => {
  it("is followed: lease time and DNS names", async () => {
    const daemon = await serveFile(yaml("1h", "old"));
    expect(await site.lease()).toMatchObject({ seconds: 3600 });
    expect(await site.dig("old.kindling.lan")).toBe("10.77.0.9");
    site.configure(yaml("2h", "new"));
    await daemon.logged("configuration reloaded");
    expect(await site.lease()).toMatchObject({ seconds: 7200 });
    expect(await site.dig("new.kindling.lan")).toBe("10.77.0.9");
    expect(await site.dig("old.kindling.lan")).toBe("");
  });

  it("names the settings that wait for a restart", async () => {
    const daemon = await serveFile("http: { port: 8080 }\n");
    await site.lease();
    site.configure("http: { port: 8081 }\ntftp: { enabled: false, windowMax: 4 }\n");
    const { needRestart } = await daemon.logged("configuration reloaded");
    expect(needRestart).toEqual(["tftp.enabled", "http.port"]);
    expect(await site.get("/healthz")).toBe("ok");
  });

  it.each([
    { what: "no YAML", text: "dhcp: [\n", problem: /kindling\.yaml:2:1: not YAML/ },
    { what: "a bad value", text: yaml("soon", "new"), problem: /kindling\.yaml:2:10: dhcp\.lease/ },
    {
      what: "a record that is none",
      text: yaml("2h", "a.b."),
      problem: /kindling\.yaml:4:12: dns record "a\.b\."/,
    },
    {
      what: "a pool that no link holds",
      text: `${yaml("2h", "new")}tftp: {}\n`.replace(
        "  lease",
        "  pools: [10.1.0.1-10.1.0.9]\n  lease",
      ),
      problem: /kindling\.yaml:2:10: dhcp\.pools: want addresses inside/,
    },
  ])("with $what changes nothing, and says where", async ({ text, problem }) => {
    const daemon = await serveFile(yaml("1h", "old"));
    site.configure(text);
    const { problems } = await daemon.logged("configuration is bad; the last good one stays");
    expect(problems).toMatch(problem);
    expect(await site.lease()).toMatchObject({ seconds: 3600 });
    expect(await site.dig("old.kindling.lan")).toBe("10.77.0.9");
    site.configure(yaml("3h", "old"));
    await daemon.logged("configuration reloaded");
    expect(await site.lease()).toMatchObject({ seconds: 10_800 });
  });

  it("is read again at a SIGHUP", async () => {
    const daemon = await serveFile(yaml("1h", "old"));
    daemon.signal("SIGHUP");
    await daemon.logged("configuration reloaded");
    expect(await site.lease()).toMatchObject({ seconds: 3600 });
  });
});

describe("a daemon that is told to stop", () => {
  it("finishes a running TFTP transfer, takes no new one, and ends with 0", async () => {
    const daemon = await site.serve();
    await site.lease();
    const client = readSlowly("snponly.efi");
    expect(await client.line()).toEqual({ block: 1 });
    daemon.signal("SIGTERM");
    await daemon.logged("kindling stops");
    const late = await site.run("client", "curl", "-sS", "tftp://10.77.0.1/undionly.kpxe");
    expect(late.exitCode).not.toBe(0);
    client.goOn();
    expect(await client.line()).toEqual({ bytes: 173_792 });
    expect((await daemon.ended).exitCode).toBe(0);
  });

  it("finishes a running HTTP transfer and ends with 0", async () => {
    const size = 32 << 20;
    mkdirSync(join(site.folder, "data/assets"), { recursive: true });
    writeFileSync(join(site.folder, "data/assets/image"), Buffer.alloc(size, 1));
    const daemon = await site.serve();
    await site.lease();
    const words = ["-sS", "--limit-rate", "16M", "http://10.77.0.1:8080/assets/image"];
    const [program = "", ...rest] = onHost("client", ["curl", ...words]);
    const download = execa(program, rest, { encoding: "buffer", maxBuffer: 2 * size });
    await once(download.stdout, "data");
    daemon.signal("SIGTERM");
    expect((await download).stdout.length).toBe(size);
    expect((await daemon.ended).exitCode).toBe(0);
  });

  it("ends at once when told twice", async () => {
    const daemon = await site.serve();
    await site.lease();
    const client = readSlowly("snponly.efi");
    await client.line();
    daemon.signal("SIGTERM");
    await daemon.logged("kindling stops");
    const start = performance.now();
    daemon.signal("SIGTERM");
    expect((await daemon.ended).exitCode).toBe(143);
    expect(performance.now() - start).toBeLessThan(1000); // the transfer alone had 2 s
  });

  it("while it starts, ends with 0 and without a word", async () => {
    const fifo = join(site.folder, "fifo");
    await site.run("server", "mkfifo", fifo);
    const daemon = site.start({ args: ["--interface", "eth0", "--config", fifo] });
    await using settings = await open(fifo, "w"); // waits for who reads it
    daemon.signal("SIGTERM");
    await settings.write("{}\n");
    await settings.close();
    expect(await daemon.ended).toEqual({ exitCode: 0, stderr: "" });
    expect(daemon.lines).toEqual([]);
  });

  it("tells systemd that it is ready, and that it stops", async () => {
    using manager = openNotifySocket();
    const daemon = await site.serve({ environment: { NOTIFY_SOCKET: manager.path } });
    expect(manager.read()).toBe("READY=1");
    daemon.signal("SIGTERM");
    expect((await daemon.ended).exitCode).toBe(0);
    expect([manager.read(), manager.read()]).toEqual(["STOPPING=1", undefined]);
  });
});

/** A TFTP client on the second host of the LAN that rests after its first block. */
function readSlowly(file: string) {
  const script = join(import.meta.dirname, "../support/slow-tftp-client.ts");
  const words = onHost("client", [process.execPath, script, "10.77.0.1", file]);
  const [program = "", ...rest] = words;
  const child = execa(program, rest, { reject: false });
  const lines = child.iterable();
  return {
    line: async () => JSON.parse(String((await lines.next()).value)),
    goOn: () => child.stdin.end(),
  };
}
