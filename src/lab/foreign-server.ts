import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { labNet } from "./lab-config.ts";
import { openPeer } from "./peer-packages.ts";

/** A program of somebody else for a host of the LAN, and what it says on stderr once it serves. */
export type ForeignProgram = { readonly argv: readonly string[]; readonly ready: RegExp };

/** Where the other DHCP server lives, and what it gives out. */
export const foreignNet = {
  host: "other",
  cidr: "10.77.0.2/24",
  first: "10.77.0.200",
  last: "10.77.0.250",
} as const;

/** What a foreign server keeps goes into `folder`, so that no test meets the leases of another. */
export function dnsmasqServer(folder: string, more: readonly string[] = []): ForeignProgram {
  const { first, last } = foreignNet;
  return {
    argv: [
      ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--log-facility=-"],
      // --user, --group=: dnsmasq would become another user, whom the run folder keeps out.
      ...["--user=root", "--group=", "--port=0", "--no-ping", "--log-dhcp"],
      ...["--interface=eth0", "--bind-interfaces", "--pid-file="],
      `--dhcp-leasefile=${join(folder, "foreign.leases")}`,
      `--dhcp-range=${first},${last},255.255.255.0,10m`,
      ...more,
    ],
    ready: /DHCP, IP range/,
  };
}

/** What dnsmasq is told so that its answers name Kindling as the next server, with no boot file. */
export const dnsmasqNamesUs = [`--dhcp-boot=,,${labNet.server}`];

/** Kea as unpacked from its package; its configuration is written into `folder`. */
export async function keaServer(
  folder: string,
  cache: string,
  subnet: Readonly<Record<string, unknown>> = {},
): Promise<ForeignProgram> {
  const { first, last } = foreignNet;
  const kea = await openPeer(cache, "kea");
  const file = join(folder, "kea.json");
  const output = [{ output: "stderr" }];
  const dhcp4 = {
    "interfaces-config": { interfaces: ["eth0"] },
    "lease-database": { type: "memfile", persist: false },
    "valid-lifetime": 600,
    subnet4: [{ subnet: "10.77.0.0/24", pools: [{ pool: `${first} - ${last}` }], ...subnet }],
    loggers: [{ name: "kea-dhcp4", output_options: output, severity: "INFO" }],
  };
  await writeFile(file, JSON.stringify({ Dhcp4: dhcp4 }));
  const env = { ...kea.env, KEA_PIDFILE_DIR: folder, KEA_LOCKFILE_DIR: folder };
  const argv = [...environment(env), kea.program, "-c", file];
  return { argv, ready: /DHCP4_STARTED/ };
}

/** The same for Kea's subnet. */
export const keaNamesUs = { "next-server": labNet.server };

/** ISC's relay on the router of the far link; -a adds option 82. */
export async function iscRelay(cache: string): Promise<ForeignProgram> {
  const { program, env } = await openPeer(cache, "dhcrelay");
  const links = ["-iu", "eth0", "-id", "eth1"];
  const argv = [program, "-4", "-d", "-a", "--no-pid", ...links, labNet.server];
  return { argv: [...environment(env), ...argv], ready: /Sending on {3}Socket/ };
}

function environment(values: Readonly<Record<string, string>>): readonly string[] {
  return ["env", ...Object.entries(values).map(([name, value]) => `${name}=${value}`)];
}
