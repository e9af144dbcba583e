/** A DHCP server as a process of a lab host, its events, and programs on other hosts. */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { onHost } from "../../src/lab/virtual-lan.ts";

/** What clients call to put their address on eth0: udhcpc's words first, then dhclient's. */
export const clientScript = `#!/bin/sh
case "$1$reason" in
  bound|renew) ip addr replace "$ip/24" dev "$interface" ;;
  BOUND|RENEW|REBIND|REBOOT) ip addr replace "$new_ip_address/24" dev "$interface" ;;
esac
`;

type Seen = { ready?: true; direction?: string; message?: string; reason?: string; mac?: string };

/** The daemon on host `server`; `seen` settles with the first event that fits. */
export async function startDhcp(args: readonly string[]) {
  const daemon = join(import.meta.dirname, "dhcp-daemon.ts");
  const [program = "", ...rest] = onHost("server", [process.execPath, daemon, ...args]);
  const child = execa(program, rest, { reject: false, stderr: "inherit", buffer: false });
  const events: Seen[] = [];
  const waiting = new Set<() => void>();
  createInterface(child.stdout).on("line", (line) => {
    events.push(JSON.parse(line));
    for (const look of waiting) look();
  });
  const seen = (want: (event: Seen) => boolean) =>
    new Promise<Seen>((resolve) => {
      const look = () => {
        const found = events.find(want);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  await seen((event) => event.ready === true);
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    child.kill(signal);
    await child;
  };
  return { seen, end, [Symbol.asyncDispose]: () => end("SIGTERM") };
}

/** A program on a host; `env` besides what it inherits. */
export function run(
  host: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const [program = "", ...rest] = onHost(host, argv);
  return execa(program, rest, { reject: false, all: true, env });
}

/** Fits the server's own message of this kind, and reason where one is named. */
export const out = (message: string, reason?: string) => (event: Seen) =>
  event.direction === "out" &&
  event.message === message &&
  (reason ?? event.reason) === event.reason;

/** Fits a client's message of this kind. */
export const heard = (message: string) => (event: Seen) =>
  event.direction === "in" && event.message === message;
