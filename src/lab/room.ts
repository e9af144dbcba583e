import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, open, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BootEvent } from "../boot/event.ts";
import { KindlingError } from "../errors.ts";
import { formatMacHyphen, type MacAddress } from "../wire/mac.ts";
import { type Cables, openCables, type Plug } from "./cables.ts";
import { followEvents } from "./event-feed.ts";
import { openFarLink } from "./far-link.ts";
import type { Accelerator, MachineFirmware } from "./firmware.ts";
import type { GuestFiles } from "./guest-files.ts";
import {
  type LabProfile,
  type LabSettings,
  labCatalog,
  labConfig,
  labNet,
  labPaths,
} from "./lab-config.ts";
import { advertiseNoRouter } from "./router-advert.ts";
import { onHost, openVirtualLan, type VirtualLan } from "./virtual-lan.ts";
import { endChild, openVm, type Vm } from "./vm.ts";

export type RoomOptions = {
  /** The files of this run; the caller makes and removes it. */
  readonly folder: string;
  readonly guest: GuestFiles;
  readonly settings: LabSettings;
  /** The server has an IPv6 address as well. */
  readonly ipv6?: boolean;
  readonly profiles: readonly LabProfile[];
  /** Further files of the data folder, by their paths in it. */
  readonly files?: ReadonlyMap<string, string | Uint8Array>;
  /** The command in front of `serve --config FILE`; the daemon of this source tree by default. */
  readonly daemon?: readonly string[];
};

/** A machine of the room; what is not said here the room knows. */
export type RoomMachine = {
  readonly name: string;
  readonly mac: MacAddress;
  readonly firmware: MachineFirmware;
  readonly accelerator: Accelerator;
  /** The size of its disk, which is blank at first and kept from one boot to the next. */
  readonly diskMb?: number;
  /** Enough for most: see `usualMemoryMb`. */
  readonly memoryMb?: number;
  readonly cpus?: number;
  readonly withoutPxe?: readonly ("IPv4" | "IPv6")[];
};

/** A LAN with the daemon on it, and machines that can be switched on. */
export type Room = AsyncDisposable & {
  readonly lan: VirtualLan;
  readonly folder: string;
  /** Every event of every daemon that ran in this room. */
  readonly events: readonly BootEvent[];
  onEvent(listener: (event: BootEvent) => void): Disposable;
  powerOn(machine: RoomMachine): Promise<Vm>;
  startDaemon(): Promise<void>;
  /** Ends the daemon: politely, or as a power failure would. */
  stopDaemon(how: "SIGTERM" | "SIGKILL"): Promise<void>;
};

/** 512 MB holds kernel and RAM disk twice, which edk2 needs. */
const usualMemoryMb = 512;
/** A daemon answers within a second on an idle machine. */
const daemonStartMs = 30_000;

/** Makes the LAN, puts the daemon on it and waits until it answers. Only inside a sandbox. */
export async function openRoom(options: RoomOptions, signal: AbortSignal): Promise<Room> {
  const { folder } = options;
  await writeRunFolder(options);
  await using opening = new AsyncDisposableStack();
  const lan = opening.use(await openVirtualLan());
  const six = options.ipv6 === true ? labNet.serverCidr6 : undefined;
  await lan.addHost(labNet.serverHost, labNet.serverCidr, six);
  const far = options.settings.farLink ? opening.use(await openFarLink(lan)) : undefined;
  const machinesLan = far ?? lan;
  const cables = opening.use(await openCables(machinesLan));
  if (far !== undefined || !isDaemonsWord(options.settings)) {
    opening.use(await advertiseNoRouter(machinesLan.bridge));
  }
  const daemon = opening.use(new Daemon(options, signal));
  await daemon.start();
  const machines = new Machines(folder, cables, signal);
  const closing = opening.move();
  return {
    lan,
    folder,
    events: daemon.events,
    onEvent: (listener) => daemon.onEvent(listener),
    powerOn: (machine) => machines.powerOn(machine),
    startDaemon: () => daemon.start(),
    stopDaemon: (how) => daemon.stop(how),
    async [Symbol.asyncDispose]() {
      await machines.end();
      await closing.disposeAsync();
    },
  };
}

// A daemon in full mode says it itself; one that was told not to is to be seen without.
function isDaemonsWord({ dhcpMode = "full", ipv6 = {} }: LabSettings): boolean {
  return dhcpMode === "full" || ipv6.advert !== undefined;
}

async function writeRunFolder(options: RoomOptions): Promise<void> {
  const { folder, guest, settings, profiles, files = [] } = options;
  const paths = labPaths(folder);
  await mkdir(join(paths.assets, "lab"), { recursive: true });
  await mkdir(paths.state, { recursive: true });
  await copyFile(guest.kernel, join(paths.assets, "lab/vmlinuz"));
  await copyFile(guest.initrd, join(paths.assets, "lab/initrd.gz"));
  for (const [path, text] of [...labCatalog(profiles), ...files]) {
    const file = join(paths.data, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  await writeFile(paths.config, JSON.stringify(labConfig(folder, settings), null, 2));
}

class Machines {
  readonly #folder: string;
  readonly #cables: Cables;
  readonly #signal: AbortSignal;
  readonly #plugs = new Map<MacAddress, Plug>();
  readonly #vms: Vm[] = [];

  constructor(folder: string, cables: Cables, signal: AbortSignal) {
    this.#folder = folder;
    this.#cables = cables;
    this.#signal = signal;
  }

  // A machine keeps its place on the switch from one boot to the next.
  async powerOn(machine: RoomMachine): Promise<Vm> {
    const plug = this.#plugs.get(machine.mac) ?? (await this.#cables.plug());
    this.#plugs.set(machine.mac, plug);
    const disk = machine.diskMb && (await this.#disk(machine.mac, machine.diskMb));
    const { memoryMb = usualMemoryMb } = machine;
    const spec = { ...machine, memoryMb, cable: plug.cable, ...(disk && { disk }) };
    const vm = await openVm({ spec, folder: this.#folder, within: plug.within }, this.#signal);
    this.#vms.push(vm);
    return vm;
  }

  async #disk(mac: MacAddress, megabytes: number): Promise<string> {
    const path = join(this.#folder, `${formatMacHyphen(mac)}.disk`);
    await using file = await open(path, "a");
    await file.truncate(megabytes * 1024 * 1024);
    return path;
  }

  async end(): Promise<void> {
    for (const vm of this.#vms) await vm[Symbol.asyncDispose]();
  }
}

class Daemon {
  readonly events: BootEvent[] = [];
  readonly #options: RoomOptions;
  readonly #signal: AbortSignal;
  readonly #listeners = new Set<(event: BootEvent) => void>();
  #child: ChildProcess | undefined;
  #feed = new AbortController();

  constructor(options: RoomOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  onEvent(listener: (event: BootEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async start(): Promise<void> {
    const { folder, daemon = ownDaemon() } = this.#options;
    const paths = labPaths(folder);
    const [program = "", ...rest] = onHost(labNet.serverHost, [
      ...daemon,
      ...["serve", "--config", paths.config],
    ]);
    await using log = await open(paths.log, "a");
    const child = spawn(program, rest, { stdio: ["ignore", log.fd, log.fd] });
    this.#child = child;
    this.#feed = new AbortController();
    const listen = (event: BootEvent): void => {
      this.events.push(event);
      for (const listener of this.#listeners) listener(event);
    };
    const lastTry = performance.now() + daemonStartMs;
    for (;;) {
      this.#signal.throwIfAborted();
      if (child.exitCode !== null || performance.now() > lastTry) throw await this.#failure(child);
      const answered = await followEvents(paths.socket, listen, this.#feed.signal).then(
        () => true,
        () => false, // no socket yet
      );
      if (answered) return;
      await sleep(50);
    }
  }

  async stop(how: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#feed.abort();
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    if (how === "SIGTERM") return await endChild(child, 5000);
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGTERM");
  }

  async #failure(child: ChildProcess): Promise<KindlingError> {
    const log = await readFile(labPaths(this.#options.folder).log, "utf8");
    const last = log.trimEnd().split("\n").slice(-5).join("\n  ");
    const how = child.exitCode === null ? "does not answer" : `ended with code ${child.exitCode}`;
    return new KindlingError("lab.failed", `the daemon ${how}; its last words:\n  ${last}`);
  }
}

function ownDaemon(): readonly string[] {
  return [process.execPath, join(import.meta.dirname, "../main.ts")];
}
