import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BootEvent } from "../../src/boot/event.ts";
import { foldTimelines, type Timeline } from "../../src/boot/timeline.ts";
import { chooseAccelerator } from "../../src/lab/accelerator.ts";
import { type Accelerator, debianOvmf, type MachineFirmware } from "../../src/lab/firmware.ts";
import { type ForeignProgram, foreignNet } from "../../src/lab/foreign-server.ts";
import { type GuestFiles, openGuestFiles } from "../../src/lab/guest-files.ts";
import { captureWords } from "../../src/lab/inside.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { type CapturedFrame, parsePcap } from "../../src/lab/pcap.ts";
import { openRoom, type Room, type RoomMachine, type RoomOptions } from "../../src/lab/room.ts";
import { onHost } from "../../src/lab/virtual-lan.ts";
import { endChild, type Vm } from "../../src/lab/vm.ts";
import { type MacAddress, parseMac } from "../../src/wire/mac.ts";
import { type Datagram, datagramsOf } from "./frames.ts";

/** A foreign DHCP server gives no name: looking it up would cost a machine 5 s. */
const defaultsIn = (isProxy: boolean) =>
  ({
    settings: {},
    profiles: [{ id: "default", end: "poweroff", ...(isProxy && { resolve: false }) }],
  }) as const satisfies TestRoomOptions;
const firmwares = { bios: { kind: "bios" }, uefi: debianOvmf } as const;

/** A room for one test: LAN, daemon, capture, machines. Disposing of it ends all of them. */
export type TestRoom = AsyncDisposable & {
  readonly room: Room;
  /** What carried the machines so far. */
  readonly accelerators: ReadonlySet<Accelerator>;
  powerOn(
    name: string,
    mac: MacAddress,
    firmware: "bios" | "uefi" | MachineFirmware,
    how?: Pick<RoomMachine, "memoryMb" | "cpus" | "withoutPxe">,
  ): Promise<Vm>;
  /** Runs a program on a host of the LAN until the room is closed; what it said is kept in out/. */
  runOn(host: string, program: ForeignProgram): Promise<ChildProcess>;
  /** Puts another DHCP server onto the LAN. */
  putBeside(program: ForeignProgram): Promise<void>;
  timelineOf(mac: MacAddress): Timeline | undefined;
  /** The UDP datagrams of the capture so far. */
  captured(): Promise<readonly Datagram[]>;
  /** All of it. */
  frames(): Promise<readonly CapturedFrame[]>;
};

/** What a test chooses; `diskMb` is of every machine. */
export type TestRoomOptions = Partial<
  Pick<RoomOptions, "settings" | "profiles" | "files" | "ipv6">
> &
  Pick<RoomMachine, "diskMb"> & {
    /** In place of the lab's system for this computer's architecture. */
    readonly guest?: GuestFiles;
    /** Loaders of the operator, by name. */
    readonly loaders?: ReadonlyMap<string, Uint8Array>;
  };

/** The machine with this number, by its MAC. */
export function machineMac(number: number): MacAddress {
  return parseMac(`52:54:00:77:00:${number.toString(16).padStart(2, "0")}`);
}

/** The first event that `isWanted`, seen already or yet to come. */
export async function untilEvent(
  room: Room,
  isWanted: (event: BootEvent) => boolean,
): Promise<BootEvent> {
  const seen = room.events.find(isWanted);
  if (seen) return seen;
  return await new Promise((resolve) => {
    const listening = room.onEvent((event) => {
      if (!isWanted(event)) return;
      listening[Symbol.dispose]();
      resolve(event);
    });
  });
}

/** The capture of each test is kept in the ignored folder out/, to look at when it failed. */
export async function openTestRoom(name: string, options: TestRoomOptions): Promise<TestRoom> {
  await using opening = new AsyncDisposableStack();
  const guest = options.guest ?? (await openGuestFiles(cacheFolder(process.env), () => {}));
  const folder = await mkdtemp(join(tmpdir(), "kindling-lab-"));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const stop = new AbortController();
  opening.defer(() => stop.abort());
  const defaults = defaultsIn(options.settings?.dhcpMode === "proxy");
  const { diskMb, loaders = new Map(), ...chosen } = { ...defaults, ...options };
  const own = [...loaders].map(([name, bytes]) => [`loaders/${name}`, bytes] as const);
  const files = new Map([...(chosen.files ?? []), ...own]);
  const room = opening.use(await openRoom({ folder, ...chosen, guest, files }, stop.signal));
  const out = join(import.meta.dirname, "../../out");
  await mkdir(out, { recursive: true });
  const pcap = join(out, `${name}.pcap`);
  const capture = ["tcpdump", ...captureWords(room.lan.bridge, pcap)];
  opening.use(await runUntilClosed(capture, /listening on/));
  const closing = opening.move();
  const runOn = async (host: string, { argv, ready }: ForeignProgram) => {
    const log = join(out, `${name}.${host}.log`);
    return closing.use(await runUntilClosed(onHost(host, argv), ready, log)).child;
  };
  const accelerators = new Set<Accelerator>();
  return {
    room,
    accelerators,
    async powerOn(machine, mac, kind, how = {}) {
      const firmware: MachineFirmware = typeof kind === "string" ? firmwares[kind] : kind;
      const accelerator = await chooseAccelerator(firmware, guest, folder);
      accelerators.add(accelerator);
      return await room.powerOn({
        ...{ name: machine, mac, firmware, accelerator },
        ...(diskMb && { diskMb }),
        ...how,
      });
    },
    runOn,
    async putBeside(program) {
      await room.lan.addHost(foreignNet.host, foreignNet.cidr);
      await runOn(foreignNet.host, program);
    },
    timelineOf: (mac) => foldTimelines(room.events).find((boot) => boot.mac === mac),
    captured: async () => datagramsOf(parsePcap(await readFile(pcap))),
    frames: async () => parsePcap(await readFile(pcap)),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

type Running = AsyncDisposable & { readonly child: ChildProcess };

async function runUntilClosed(
  argv: readonly string[],
  ready: RegExp,
  log?: string,
): Promise<Running> {
  const [program = "", ...rest] = argv;
  const child = spawn(program, rest, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (ready.test(said)) resolve();
    });
    void once(child, "exit").then(() => reject(new Error(`${program} ended: ${said}`)), reject);
  });
  return {
    child,
    async [Symbol.asyncDispose]() {
      await endChild(child, 2000);
      if (log !== undefined) await writeFile(log, said);
    },
  };
}
