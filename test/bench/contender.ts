import { join } from "node:path";
import { labNet, labPaths } from "../../src/lab/lab-config.ts";
import type { MacAddress } from "../../src/wire/mac.ts";

/** What a server can be asked; the probe knows how. */
export type Service = "dhcp" | "tftp" | "dns" | "http";

/** A way to serve the LAN: one or more programs, started together on the server's host. */
export type Contender = {
  readonly name: string;
  readonly programs: readonly (readonly string[])[];
  readonly services: readonly Service[];
  readonly environment: Readonly<Record<string, string>>;
  /** Emptied before each start. */
  readonly fresh: readonly string[];
};

/** Addresses for every machine that a bench invents. */
export const pool = { first: "10.77.0.20", last: "10.77.0.250" } as const;

const source = join(import.meta.dirname, "../..");
const allServices = ["dhcp", "tftp", "dns", "http"] as const;

/** Where a bench keeps what the other programs need. */
export function peerPaths(folder: string) {
  return { tftp: join(folder, "tftp"), web: join(folder, "web"), log: join(folder, "peer.log") };
}

/** The daemon as systemd starts it, with the code cache of earlier starts. */
export function kindling(folder: string): Contender {
  return daemon(folder, { name: "kindling", program: "src/main.ts", cache: "code-warm" });
}

/** The daemon's first start after an installation. */
export function kindlingCold(folder: string): Contender {
  const own = daemon(folder, {
    name: "kindling, cold",
    program: "src/main.ts",
    cache: "code-cold",
  });
  return { ...own, fresh: [...own.fresh, join(folder, "code-cold")] };
}

/** The command `kindling`: one more Node, which finds the pinned one. */
export function kindlingCommand(folder: string): Contender {
  const name = "kindling, by its command";
  return daemon(folder, { name, program: "scripts/kindling.mjs", cache: "code-warm" });
}

function daemon(
  folder: string,
  { name, program, cache }: { name: string; program: string; cache: string },
): Contender {
  const { config, state } = labPaths(folder);
  return {
    name,
    programs: [[process.execPath, join(source, program), "serve", "--config", config]],
    services: allServices,
    environment: { NODE_COMPILE_CACHE: join(folder, cache) },
    fresh: [state],
  };
}

/** DHCP, TFTP and DNS by dnsmasq, told the same as the daemon. */
export function dnsmasq(folder: string, machines: readonly MacAddress[]): Contender {
  return {
    name: "dnsmasq",
    programs: [dnsmasqCommand(folder, machines)],
    services: ["dhcp", "tftp", "dns"],
    environment: {},
    fresh: [join(folder, "peer-state")],
  };
}

/** The classic pair: dnsmasq, and a web server with the same files and a script that never changes. */
export function staticPair(folder: string, machines: readonly MacAddress[]): Contender {
  const { web } = peerPaths(folder);
  const httpd = ["busybox", "httpd", "-f", "-p", `${labNet.server}:${labNet.httpPort}`, "-h", web];
  const one = dnsmasq(folder, machines);
  return {
    ...one,
    name: "dnsmasq + httpd",
    programs: [...one.programs, httpd],
    services: allServices,
  };
}

function dnsmasqCommand(folder: string, machines: readonly MacAddress[]): readonly string[] {
  const { tftp, log } = peerPaths(folder);
  const { server, httpPort, domain } = labNet;
  return [
    ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", `--log-facility=${log}`],
    // A user namespace has no other user to become.
    ...["--user=root", "--group=", "--interface=eth0", "--bind-interfaces"],
    ...["--no-resolv", "--no-hosts", `--domain=${domain}`],
    ...[`--local=/${domain}/`, `--host-record=provisioner.${domain},${server}`],
    // Without --no-ping it waits three seconds for an echo before each first OFFER.
    ...["--no-ping", "--dhcp-authoritative", `--dhcp-range=${pool.first},${pool.last},1h`],
    ...[`--dhcp-leasefile=${folder}/peer-state/leases`, "--dhcp-lease-max=1000"],
    ...machines.map((mac, index) => `--dhcp-host=${mac},${machineName(index)}`),
    ...["--enable-tftp", `--tftp-root=${tftp}`],
    ...["--dhcp-match=set:ipxe,175", "--dhcp-match=set:uefi,option:client-arch,7"],
    "--dhcp-boot=tag:!ipxe,tag:!uefi,undionly.kpxe",
    "--dhcp-boot=tag:!ipxe,tag:uefi,snponly.efi",
    // iPXE's no-pxedhcp, which the daemon sends too: without it iPXE waits for a proxy.
    "--dhcp-option=tag:ipxe,encap:175,176,1b",
    `--dhcp-boot=tag:ipxe,http://${server}:${httpPort}/boot.ipxe`,
  ];
}

/** The name that every contender gives to the machine with this number. */
export function machineName(index: number): string {
  return `bench-${index}`;
}
