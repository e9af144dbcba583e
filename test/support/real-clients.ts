import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";
import { run } from "./dhcp-lab.ts";

/** dhcpcd on `eth0` of a host until it is ended; SIGALRM is its word for release and exit. */
export async function runDhcpcd(host: string) {
  const { program, env } = await openPeer(cacheFolder(process.env), "dhcpcd");
  const words = ["-4", "-B", "-d", "-p", "-A", "-f", "/dev/null", "-c", "/bin/true", "eth0"];
  // It keeps its files below /var/lib and /run, and those are the host's.
  const mounts =
    "for at in /var/lib /run; do mount -t tmpfs tmpfs $at; done; mkdir /var/lib/dhcpcd";
  const argv = ["sh", "-c", `${mounts}; exec "$0" "$@"`, program, ...words];
  return { client: run(host, argv, env) };
}

const networkd = "/lib/systemd/systemd-networkd";
const network =
  "[Match]\nName=eth0\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n";

/** Why networkd cannot run here: it becomes a user of its own, whom a sandbox may not have. */
export function noNetworkd(): string | undefined {
  if (!existsSync(networkd)) return `there is no ${networkd}`;
  const mapped = /4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"));
  return mapped ? undefined : "this sandbox maps one user, and networkd wants another";
}

/** systemd-networkd on a host until it is ended, which releases. */
export function runNetworkd(host: string, folder: string) {
  const file = join(folder, "10-eth0.network");
  writeFileSync(file, network);
  // A /sys that is read-only tells it that there is no udev to wait for.
  const steps = `mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/network &&
    cp "$0" /run/systemd/network/ && mount -o remount,ro /sys && exec ${networkd}`;
  return run(host, ["sh", "-c", steps, file]);
}
