import { spawn } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { diagnoseBoot } from "../boot/diagnose.ts";
import { foldTimelines, type Timeline } from "../boot/timeline.ts";
import { KindlingError } from "../errors.ts";
import { type MacAddress, macFromBytes } from "../wire/mac.ts";
import { chooseAccelerator } from "./accelerator.ts";
import { debianOvmf, type MachineFirmware } from "./firmware.ts";
import type { GuestFiles } from "./guest-files.ts";
import { type LiveView, openJsonView, openLiveView } from "./live-view.ts";
import { openRoom, type Room } from "./room.ts";
import type { LabOptions } from "./run.ts";
import { endChild, type Vm } from "./vm.ts";

/** What the host side hands to the sandbox. */
export type InsideJob = {
  readonly options: LabOptions;
  readonly guest: GuestFiles;
  readonly folder: string;
  readonly isTerminal: boolean;
  readonly columns: number;
};

/** The lab, seen from inside its sandbox: LAN, daemon, machines, the picture. Resolves with the exit code. */
async function runInside(job: InsideJob, signal: AbortSignal): Promise<number> {
  const { options, folder, guest } = job;
  const screen = {
    write: (text: string) => process.stdout.write(text),
    isTerminal: job.isTerminal,
    columns: job.columns,
  };
  using view = options.json ? openJsonView(screen) : openLiveView(screen, Date.now);
  view.say("making the virtual LAN 10.77.0.0/24 and starting the daemon at 10.77.0.1");
  const end = options.once ? "poweroff" : "stay";
  const profiles = [{ id: "default", end } as const];
  await using room = await openRoom({ folder, guest, settings: {}, profiles }, signal);
  await using capture = options.pcap ? await openCapture(room.lan.bridge, options.pcap) : undefined;
  if (capture) view.say(`capturing the LAN to ${options.pcap}`);
  using drawing = room.onEvent(() => view.show(room.events));
  const machines = await powerOn(room, job, view);
  const boots = await watchBoots(room, machines, { ...options, signal });
  view.sum(room.events);
  const code = tellOutcome(boots, view);
  if (options.once || signal.aborted) return code;
  view.say("serving on; end with Ctrl-C");
  await once(signal, "abort");
  drawing[Symbol.dispose]();
  return code;
}

async function powerOn(
  room: Room,
  { options, guest, folder }: InsideJob,
  view: LiveView,
): Promise<ReadonlyMap<MacAddress, Vm>> {
  const firmware: MachineFirmware = options.firmware === "uefi" ? debianOvmf : { kind: "bios" };
  const accelerator = await chooseAccelerator(firmware, guest, folder);
  const how = accelerator === "kvm" ? "with KVM" : "without KVM, so be patient";
  view.say(`powering on ${options.machines} blank ${options.firmware} machine(s), ${how}`);
  const machines = new Map<MacAddress, Vm>();
  for (let index = 1; index <= options.machines; index += 1) {
    const mac = macFromBytes(Uint8Array.of(0x52, 0x54, 0x00, 0x77, 0x00, 0x0f + index));
    machines.set(mac, await room.powerOn({ name: `machine-${index}`, mac, firmware, accelerator }));
  }
  return machines;
}

type Outcome = { readonly mac: MacAddress; readonly boot: Timeline | undefined; readonly vm: Vm };

// Waits until every machine reported or was switched off, but no longer than the time-out.
async function watchBoots(
  room: Room,
  machines: ReadonlyMap<MacAddress, Vm>,
  { timeoutSeconds, signal }: LabOptions & { signal: AbortSignal },
): Promise<readonly Outcome[]> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]);
  const late = once(limit, "abort");
  const waits = [...machines].map(([mac, vm]) => Promise.race([reported(room, mac), vm.ended]));
  await Promise.race([Promise.all(waits), late]);
  const boots = foldTimelines(room.events);
  return [...machines].map(([mac, vm]) => ({
    mac,
    vm,
    boot: boots.find((boot) => boot.mac === mac),
  }));
}

async function reported(room: Room, mac: MacAddress): Promise<void> {
  await new Promise<void>((resolve) => {
    const listening = room.onEvent((event) => {
      if (event.kind !== "report" || event.stage !== "up" || event.mac !== mac) return;
      listening[Symbol.dispose]();
      resolve();
    });
  });
}

function tellOutcome(outcomes: readonly Outcome[], view: LiveView): number {
  let code = 0;
  for (const { mac, boot, vm } of outcomes) {
    const diagnosis = diagnoseBoot(boot);
    if (diagnosis.kind === "up") {
      view.say(`${mac} is up: user space reported ${secondsOf(boot)} after its first DISCOVER`);
      continue;
    }
    code = 1;
    view.say(`${mac} did not come up; last stage reached: ${diagnosis.reached}`);
    view.say(`  likely cause: ${diagnosis.cause}`);
    view.say(`  cure: ${diagnosis.cure}`);
    for (const line of vm.lines.slice(-3)) view.say(`  console: ${line.text}`);
  }
  return code;
}

function secondsOf(boot: Timeline | undefined): string {
  return `${((boot?.rows.at(-1)?.endMs ?? 0) / 1000).toFixed(1)} s`;
}

/** What tcpdump is told: each frame in the file at once, and to stay root where it is, as the file is root's. */
export function captureWords(device: string, file: string): readonly string[] {
  return ["--immediate-mode", "-U", "-Z", "root", "-i", device, "-w", file];
}

/** Captures what passes the device into a file, from the moment this resolves. */
export async function openCapture(device: string, file: string): Promise<AsyncDisposable> {
  const child = spawn("tcpdump", captureWords(device, file), {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await Promise.race([
    once(child.stderr, "data"), // "listening on br0": from here on nothing is missed
    once(child, "error").then(([error]) => {
      throw new KindlingError("lab.missing-tool", `tcpdump does not start: ${error}`);
    }),
  ]);
  return { [Symbol.asyncDispose]: () => endChild(child, 2000) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort());
  process.stdin.on("end", () => stop.abort()).resume();
  process.stdout.on("error", () => stop.abort()); // nobody reads on
  try {
    process.exitCode = await runInside(JSON.parse(process.argv[2] ?? ""), stop.signal);
  } catch (error) {
    if (!(error instanceof KindlingError) && !stop.signal.aborted) throw error;
    process.stderr.write(`${error instanceof KindlingError ? error.message : "stopped"}\n`);
    process.exitCode = 1;
  }
  process.stdin.destroy();
}
