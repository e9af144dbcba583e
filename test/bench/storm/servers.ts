import { copyFile, mkdir, open, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { labCatalog, labConfig, labNet, labPaths } from "../../../src/lab/lab-config.ts";
import type { Peer } from "../../../src/lab/peer-packages.ts";
import type { Contender } from "../contender.ts";

/** The LAN of the storm: room for four thousand machines besides the server and the client. */
export const stormNet = {
  prefix: 16,
  pool: { first: "10.77.16.1", last: "10.77.31.250" },
  /** The same addresses as one route, by which the client's host takes them all for its own. */
  poolRoute: "10.77.16.0/20",
  clientCidr: "10.77.0.2/16",
} as const;

/** Bytes of the two files that every machine fetches by HTTP. */
export type Sizes = { readonly kernel: number; readonly initrd: number };

const server = labNet.server;
const source = join(import.meta.dirname, "../../..");

/** Writes the folders of both: the same files, and for the pair a script that never changes. */
export async function writeServers(folder: string, sizes: Sizes): Promise<void> {
  const paths = labPaths(folder);
  const files = join(paths.assets, "lab");
  await mkdir(files, { recursive: true });
  await writeNoise(join(files, "vmlinuz"), sizes.kernel);
  await writeNoise(join(files, "initrd.gz"), sizes.initrd);
  for (const [path, text] of labCatalog([{ id: "default", end: "poweroff" }])) {
    await mkdir(dirname(join(paths.data, path)), { recursive: true });
    await writeFile(join(paths.data, path), text);
  }
  const config = labConfig(folder, {});
  const { first, last } = stormNet.pool;
  // The client answers ARP for all of its addresses, before it has them; dnsmasq is told --no-ping.
  const dhcp = { ...config.dhcp, conflictProbe: "off", pools: [`${first}-${last}`] };
  const tftp = { transfersMax: 2000 };
  await writeFile(paths.config, JSON.stringify({ ...config, dhcp, tftp, log: { format: "json" } }));
  const { tftp: tftpRoot, web } = pairPaths(folder);
  await mkdir(tftpRoot);
  for (const loader of ["snponly.efi", "undionly.kpxe"]) {
    await copyFile(`/usr/lib/ipxe/${loader}`, join(tftpRoot, loader));
  }
  await mkdir(web);
  await symlink(paths.assets, join(web, "assets"));
  await writeFile(join(web, "healthz"), "ok\n");
  await writeFile(
    join(web, "boot.ipxe"),
    "#!ipxe\nkernel /assets/lab/vmlinuz\ninitrd /assets/lab/initrd.gz\nboot\n",
  );
  await writeFile(join(folder, "nginx.conf"), nginxConfig(folder));
}

/** The daemon, told of the storm's pool. */
export function stormKindling(folder: string): Contender {
  const { config, state } = labPaths(folder);
  return {
    name: "kindling",
    programs: [[process.execPath, join(source, "src/main.ts"), "serve", "--config", config]],
    services: ["dhcp", "tftp", "http"],
    environment: { NODE_COMPILE_CACHE: join(folder, "code") },
    fresh: [state],
  };
}

/** dnsmasq for DHCP and TFTP, nginx for HTTP: Debian's builds, logging each request as the daemon does. */
export function stormPair(folder: string, nginx: Peer): Contender {
  const { tftp } = pairPaths(folder);
  const { first, last } = stormNet.pool;
  const dnsmasq = [
    ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0"],
    ...["--user=root", "--group=", "--interface=eth0", "--bind-interfaces", "--no-ping"],
    ...[`--dhcp-range=${first},${last},1h`, "--dhcp-authoritative", "--dhcp-lease-max=5000"],
    ...[`--dhcp-leasefile=${folder}/pair-state/leases`, `--log-facility=${folder}/dnsmasq.log`],
    // 50 transfers at once is what it allows by itself.
    ...["--enable-tftp", `--tftp-root=${tftp}`, "--tftp-max=2000"],
    ...["--dhcp-match=set:ipxe,175", "--dhcp-boot=tag:!ipxe,snponly.efi"],
    `--dhcp-boot=tag:ipxe,http://${server}:${labNet.httpPort}/boot.ipxe`,
  ];
  const web = [nginx.program, "-p", folder, "-c", join(folder, "nginx.conf")];
  return {
    name: "dnsmasq + nginx",
    programs: [dnsmasq, web],
    services: ["dhcp", "tftp", "http"],
    environment: nginx.env,
    fresh: [join(folder, "pair-state")],
  };
}

function pairPaths(folder: string) {
  return { tftp: join(folder, "tftp"), web: join(folder, "web") };
}

// Debian's defaults where they matter: sendfile and tcp_nopush on, a worker for each processor.
function nginxConfig(folder: string): string {
  return `daemon off;
worker_processes auto;
user root;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx-error.log;
events { worker_connections 4096; }
http {
  sendfile on;
  tcp_nopush on;
  access_log ${folder}/nginx-access.log;
  client_body_temp_path ${folder}/nginx-body;
  proxy_temp_path ${folder}/nginx-proxy;
  fastcgi_temp_path ${folder}/nginx-fastcgi;
  uwsgi_temp_path ${folder}/nginx-uwsgi;
  scgi_temp_path ${folder}/nginx-scgi;
  server { listen ${server}:${labNet.httpPort} backlog=4096; root ${pairPaths(folder).web}; }
}
`;
}

// Bytes that no two blocks share: nothing on the way may shorten them.
async function writeNoise(path: string, bytes: number): Promise<void> {
  const block = Buffer.alloc(1 << 20);
  await using file = await open(path, "w");
  for (let at = 0; at < bytes; at += block.length) {
    for (let word = 0; word < block.length; word += 4) {
      block.writeUInt32LE(Math.imul(at + word + 1, 0x9e37_79b1) >>> 0, word);
    }
    await file.write(block, 0, Math.min(block.length, bytes - at));
  }
}
