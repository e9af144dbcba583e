import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { onHost, openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";
import { type Daemon, type Outcome, runProgram, startDaemon, startProgram } from "./daemon.ts";

/** How a daemon is started: `serve --interface eth0` on the host `server` unless said otherwise. */
export type Starting = {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly host?: string;
  /** The words in front of the program's own, such as those of prlimit(1). */
  readonly under?: readonly string[];
};

/** A lease as a client got it. */
export type GivenLease = {
  readonly ip: string;
  readonly seconds: number;
  readonly server: string;
  readonly dns: string;
};

/** A LAN with the hosts `server`, 10.77.0.1, and `client`, which asks for an address. */
export type DaemonSite = AsyncDisposable & {
  readonly lan: VirtualLan;
  /** Settings file, state, catalog and admin socket of this site's daemons. */
  readonly folder: string;
  /** Writes the settings file and returns its path. */
  configure(yaml: string): string;
  start(starting?: Starting): Daemon;
  /** Starts a daemon and waits until it serves. */
  serve(starting?: Starting): Promise<Daemon>;
  /** Runs `kindling` with these words on the server. */
  kindling(...words: readonly string[]): Promise<Outcome>;
  run(host: string, ...argv: readonly string[]): Promise<Outcome>;
  /** Starts a foreign program that ends with the site, once it said on stderr that it is ready. */
  keep(host: string, argv: readonly string[], ready: RegExp): Promise<number>;
  /** The body of an HTTP answer to the client; `dig +short` for a name's address. */
  get(path: string): Promise<string>;
  dig(name: string): Promise<string>;
  /** What the admin API answers on its socket. */
  admin(path: string): Promise<unknown>;
  /** What udhcpc gets on the client, or nothing when nobody answers. */
  lease(): Promise<GivenLease | undefined>;
};

const main = join(import.meta.dirname, "../../src/main.ts");

const clientScript = `#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr flush dev "$interface"
ip addr add "$ip/$mask" dev "$interface"
printf '{"ip":"%s","seconds":%s,"server":"%s","dns":"%s"}\\n' "$ip" "$lease" "$serverid" "$dns"
`;

/** Opens a site whose subnet has this prefix length. Only inside a sandbox. */
export async function openDaemonSite(prefix = 24): Promise<DaemonSite> {
  await using opening = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "kindling-daemon-"));
  opening.defer(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755); // a daemon that gave up root must come through to its state
  const script = join(folder, "client-script");
  writeFileSync(script, clientScript, { mode: 0o755 });
  const lan = opening.use(await openVirtualLan());
  await lan.addHost("server", `10.77.0.1/${prefix}`);
  await lan.addHost("client");
  // A cable's own address is a random one, which is leased for an hour at most.
  await execa("ip", "-n client link set eth0 address 52:54:00:77:00:10".split(" "));
  const closing = opening.move();
  const places = {
    // Looking who is there takes 6 s; the tests of just that set it back.
    KINDLING_DHCP_MODE: "full",
    KINDLING_DHCP_FORCE: "true",
    KINDLING_STATE_FOLDER: join(folder, "state"),
    KINDLING_DATA_FOLDER: join(folder, "data"),
    KINDLING_ADMIN_SOCKET: join(folder, "run/admin.sock"),
  };
  const start = (starting: Starting = {}): Daemon => {
    const { args, environment = {}, host = "server", under = [] } = starting;
    const words = args ?? ["--interface", "eth0"];
    const argv = onHost(host, [...under, process.execPath, main, "serve", ...words]);
    return closing.use(startDaemon(argv, { ...places, ...environment }));
  };
  const run = (host: string, ...argv: readonly string[]) => runProgram(onHost(host, argv));
  return {
    lan,
    folder,
    configure(yaml) {
      const file = join(folder, "kindling.yaml");
      writeFileSync(file, yaml);
      return file;
    },
    start,
    async serve(starting) {
      const daemon = start(starting);
      await daemon.logged("kindling serves");
      return daemon;
    },
    kindling: (...words) =>
      runProgram(onHost("server", [process.execPath, main, ...words]), places),
    run,
    async keep(host, argv, ready) {
      const program = startProgram(onHost(host, argv), ready);
      closing.use(program);
      await program.ready;
      return program.pid;
    },
    async get(path) {
      const url = `http://10.77.0.1:8080${path}`;
      return (await run("client", "curl", "-sS", "--max-time", "5", url)).stdout;
    },
    async dig(name) {
      const words = ["+short", "+time=2", "+tries=1", "@10.77.0.1", name];
      return (await run("client", "dig", ...words)).stdout;
    },
    async admin(path) {
      const words = ["-sS", "--unix-socket", places.KINDLING_ADMIN_SOCKET, `http://admin${path}`];
      return JSON.parse((await run("server", "curl", ...words)).stdout);
    },
    async lease() {
      const once = ["udhcpc", "-f", "-n", "-q", "-t", "3", "-T", "1", "-i", "eth0", "-s", script];
      const { stdout } = await run("client", ...once);
      const line = stdout.split("\n").find((one) => one.startsWith("{"));
      return line === undefined ? undefined : JSON.parse(line);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
