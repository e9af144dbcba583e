import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, type TestContext } from "vitest";
import { OptionCode } from "../../src/dhcp/options.ts";
import { formatDhcp, parseDhcp } from "../../src/dhcp/packet.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer, type PeerName } from "../../src/lab/peer-packages.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { type DaemonSite, openDaemonSite } from "../support/daemon-site.ts";
import { ClientOptions, messageOf } from "../support/dhcp-message.ts";

let site: DaemonSite;
beforeEach(async () => {
  site = await openDaemonSite();
  await site.lan.addHost("router", "10.77.0.254/24");
});
afterEach(() => site[Symbol.asyncDispose]());

type Server = {
  readonly peer?: PeerName;
  /** The server's whole configuration around our lines. */
  readonly wrap: (lines: string) => string;
  readonly check: readonly string[];
  readonly serve: readonly string[];
  readonly ready: RegExp;
};

const subnet = "10.77.0.0 netmask 255.255.255.0";
const keaHead = {
  "interfaces-config": { interfaces: ["eth0"] },
  "lease-database": { type: "memfile", persist: false },
  subnet4: [{ subnet: "10.77.0.0/24", pools: [{ pool: "10.77.0.50 - 10.77.0.60" }] }],
  loggers: [{ name: "kea-dhcp4", output_options: [{ output: "stderr" }], severity: "INFO" }],
};

const Servers = {
  dnsmasq: {
    wrap: (lines) =>
      `port=0\ninterface=eth0\ndhcp-range=10.77.0.50,10.77.0.60\nno-ping\n${lines}\n`,
    check: ["dnsmasq", "--test", "-C", "FILE"],
    serve: ["dnsmasq", "-k", "-u", "root", "--log-facility=-", "-C", "FILE", "-l", "LEASES"],
    ready: /started/,
  },
  isc: {
    peer: "dhcpd",
    wrap: (lines) =>
      `ping-check false;\n${lines}\nsubnet ${subnet} { range 10.77.0.50 10.77.0.60; }\n`,
    check: ["PROGRAM", "-t", "-cf", "FILE"],
    serve: ["PROGRAM", "-f", "-d", "-cf", "FILE", "-lf", "LEASES", "-pf", "LEASES.pid", "eth0"],
    ready: /Server starting service|Sending on +Socket/,
  },
  kea: {
    peer: "kea",
    wrap: (lines) => `{ "Dhcp4": { ${JSON.stringify(keaHead).slice(1, -1)},\n${lines}\n} }\n`,
    check: ["PROGRAM", "-t", "FILE"],
    serve: ["PROGRAM", "-c", "FILE"],
    ready: /DHCP4_STARTED/,
  },
} as const satisfies Record<string, Server>;

/** The command as it is run here; skips the test where its program cannot be had. */
async function openServer(name: keyof typeof Servers, test: TestContext) {
  const { peer, wrap, ready, check, serve }: Server = Servers[name];
  const found =
    peer === undefined
      ? undefined
      : await openPeer(cacheFolder(process.env), peer).catch((error: unknown) =>
          test.skip(`${peer} cannot be had: ${error}`),
        );
  const file = join(site.folder, name);
  const leases = join(site.folder, `${name}.leases`);
  writeFileSync(leases, "");
  const { stdout } = await site.kindling(
    "dhcp",
    "router-config",
    "--interface",
    "eth0",
    "--for",
    name,
  );
  writeFileSync(file, wrap(stdout));
  const folders = { KEA_PIDFILE_DIR: site.folder, KEA_LOCKFILE_DIR: site.folder };
  const env = Object.entries({ ...found?.env, ...folders }).map(
    ([key, value]) => `${key}=${value}`,
  );
  const fill = (words: readonly string[]) => [
    ...["env", ...env],
    ...words.map((word) =>
      word
        .replace("FILE", file)
        .replace("LEASES", leases)
        .replace("PROGRAM", found?.program ?? ""),
    ),
  ];
  return { check: fill(check), serve: fill(serve), ready };
}

/** What a client is offered: the file, from where, and whether option 60 comes along. */
async function offered(mac: string, options: (typeof ClientOptions)[keyof typeof ClientOptions]) {
  const message = messageOf({ mac, options, header: { flags: 0x8000 } });
  const hex = Buffer.from(formatDhcp(message, 1472)).toString("hex");
  const probe = join(import.meta.dirname, "../support/dhcp-probe.ts");
  const words = [process.execPath, probe, "68", "255.255.255.255", "67", hex];
  const { stdout } = await site.run("client", ...words);
  const reply: { hex: string } = JSON.parse(stdout);
  const offer = parseDhcp(Buffer.from(reply.hex, "hex"));
  const [named = ""] = Buffer.from(offer.options.get(OptionCode.bootFile) ?? [])
    .toString()
    .split("\0");
  return [offer.file || named, formatIpv4(offer.siaddr), offer.options.has(OptionCode.vendorClass)];
}

// proven: the keys of the table above
const names = Object.keys(Servers) as readonly (keyof typeof Servers)[];

it.for(names)("%s takes the lines, and sends firmware and iPXE here", async (name, test) => {
  const server = await openServer(name, test);
  const checked = await site.run("router", ...server.check);
  expect(checked, checked.stderr).toMatchObject({ exitCode: 0 });
  await site.keep("router", server.serve, server.ready);
  const here = "10.77.0.1";
  expect(await offered("52:54:00:77:00:31", ClientOptions.efi)).toEqual([
    "snponly.efi",
    here,
    false,
  ]);
  expect(await offered("52:54:00:77:00:32", ClientOptions.bios)).toEqual([
    "undionly.kpxe",
    here,
    false,
  ]);
  const script = "http://10.77.0.1:8080/boot.ipxe";
  expect(await offered("52:54:00:77:00:33", ClientOptions.ipxe)).toEqual([script, here, false]);
  const probe = await site.kindling(
    "dhcp",
    "probe",
    "--interface",
    "eth0",
    "--timeout",
    "2",
    "--json",
  );
  expect(probe.exitCode).toBe(10);
  expect(probe.stdout).not.toMatch(/dhcp.foreign-boot-file|dhcp.foreign-option-60/);
});
