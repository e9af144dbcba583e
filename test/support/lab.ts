import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { foldTimelines, type Timeline } from "../../src/boot/timeline.ts";
import { chooseAccelerator } from "../../src/lab/accelerator.ts";
import { debianOvmf, type MachineFirmware } from "../../src/lab/firmware.ts";
import { type GuestFiles, openGuestFiles } from "../../src/lab/guest-files.ts";
import { captureWords } from "../../src/lab/inside.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { type CapturedFrame, parsePcap } from "../../src/lab/pcap.ts";
import { openRoom, type Room, type RoomMachine, type RoomOptions } from "../../src/lab/room.ts";
import { onHost } from "../../src/lab/virtual-lan.ts";
import { endChild, type Vm } from "../../src/lab/vm.ts";
import { type MacAddress, parseMac } from "../../src/wire/mac.ts";
import { type Datagram, datagramsOf } from "./frames.ts";

const defaults = {
  settings: {},
  profiles: [{ id: "default", end: "poweroff" }],
} as const satisfies TestRoomOptions;
const firmwares = { bios: { kind: "bios" }, uefi: debianOvmf } as const;

/** A room for one test: LAN, daemon, capture, machines. Disposing of it ends all of them. */
export type TestRoom = AsyncDisposable & {
  readonly room: Room;
  powerOn(
    name: string,
    mac: MacAddress,
    firmware: "bios" | "uefi" | MachineFirmware,
    how?: Pick<RoomMachine, "memoryMb" | "withoutPxe">,
  ): Promise<Vm>;
  /** Runs a program on a host of the LAN until the room is closed. */
  runOn(host: string, argv: readonly string[], ready: RegExp): Promise<ChildProcess>;
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

/** The capture of each test is kept in the ignored folder out/, to look at when it failed. */
export async function openTestRoom(name: string, options: TestRoomOptions): Promise<TestRoom> {
  await using opening = new AsyncDisposableStack();
  const guest = options.guest ?? (await openGuestFiles(cacheFolder(process.env), () => {}));
  const folder = await mkdtemp(join(tmpdir(), "kindling-lab-"));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const stop = new AbortController();
  opening.defer(() => stop.abort());
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
  return {
    room,
    async powerOn(machine, mac, kind, how = {}) {
      const firmware: MachineFirmware = typeof kind === "string" ? firmwares[kind] : kind;
      const accelerator = await chooseAccelerator(firmware, guest, folder);
      return await room.powerOn({
        ...{ name: machine, mac, firmware, accelerator },
        ...(diskMb && { diskMb }),
        ...how,
      });
    },
    async runOn(host, argv, ready) {
      const running = closing.use(await runUntilClosed(onHost(host, argv), ready));
      return running.child;
    },
    timelineOf: (mac) => foldTimelines(room.events).find((boot) => boot.mac === mac),
    captured: async () => datagramsOf(parsePcap(await readFile(pcap))),
    frames: async () => parsePcap(await readFile(pcap)),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

type Running = AsyncDisposable & { readonly child: ChildProcess };

async function runUntilClosed(argv: readonly string[], ready: RegExp): Promise<Running> {
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
  return { child, [Symbol.asyncDispose]: () => endChild(child, 2000) };
}
