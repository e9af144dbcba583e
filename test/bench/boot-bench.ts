import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Plug } from "../../src/lab/cables.ts";
import type { Accelerator, MachineFirmware, MachineSpec } from "../../src/lab/firmware.ts";
import { openCapture } from "../../src/lab/inside.ts";
import { parsePcap } from "../../src/lab/pcap.ts";
import { advertiseNoRouter } from "../../src/lab/router-advert.ts";
import { openVm } from "../../src/lab/vm.ts";
import { type MacAddress, macFromBytes } from "../../src/wire/mac.ts";
import { type BootInstants, bootInstants } from "./boot-instants.ts";
import { type Contender, kindling, peerPaths, staticPair } from "./contender.ts";
import type { Bench } from "./series.ts";
import { fetchText, type Site } from "./site.ts";

export type BootOptions = {
  readonly firmware: MachineFirmware;
  /** `lab`: every machine is told that there is no IPv6 router. `contender`: by who serves, if at all. */
  readonly advertises: "lab" | "contender";
  readonly accelerator: Accelerator;
  readonly rounds: number;
};

/** Every machine that a bench powers on; each boot is one that nobody has seen before. */
export type Machines = { readonly all: readonly MacAddress[]; next(): MacAddress };

const Kernel = "kernel fetched";
const Up = "user space";
const ToPair = ", to the pair";

/** What the word that there is no router is worth: of the pair's time not more than this. */
const silentLanTarget = 0.6;

/** One machine, from its first DISCOVER to its user space. */
export function bootBench(
  site: Site,
  machines: Machines,
  { firmware, advertises, accelerator, rounds }: BootOptions,
): Bench<Contender> {
  const { kind } = firmware;
  const own = kindling(site.folder);
  const pair = staticPair(site.folder, machines.all);
  const isSilent = advertises === "contender";
  const target = { ...(isSilent && { target: silentLanTarget }) };
  let plug: Plug | undefined;
  let pairs: Readonly<Record<string, number>> = {};
  return {
    name: isSilent ? `${kind}: LAN without advertisements` : kind,
    what: `a ${kind} machine (${accelerator}): first DISCOVER to ${Kernel}, to ${Up}`,
    metrics: [
      { name: Kernel, unit: "s" },
      { name: Up, unit: "s" },
      { name: Kernel + ToPair, unit: "×", ...target },
      { name: Up + ToPair, unit: "×" },
    ],
    contenders: [pair, own],
    rounds,
    async measure(contender) {
      plug ??= await site.cables.plug();
      await using _saying = isSilent ? undefined : await advertiseNoRouter(site.lan.bridge);
      await using _serving = await site.start(contender);
      const spec = { name: "bench", mac: machines.next(), firmware, accelerator, memoryMb };
      const { kernel, up } = await bootOnce(site, spec, plug);
      const times = { [Kernel]: kernel, [Up]: up };
      if (contender === pair) pairs = times;
      if (contender !== own) return times;
      const ratios = Object.entries(times).map(([name, seconds]) => {
        return [name + ToPair, seconds / (pairs[name] ?? Number.NaN)] as const;
      });
      return { ...times, ...Object.fromEntries(ratios) };
    },
  };
}

async function bootOnce(
  site: Site,
  machine: Omit<MachineSpec, "cable">,
  { cable, within }: Plug,
): Promise<BootInstants> {
  const capture = join(site.folder, "boot.pcap");
  {
    await using _capturing = await openCapture(site.lan.bridge, capture);
    const options = { spec: { ...machine, cable }, folder: site.folder, within };
    await using vm = await openVm(options, new AbortController().signal);
    await vm.mark(/^KINDLING-UP /);
  }
  return bootInstants(parsePcap(await readFile(capture)), machine.mac);
}

/** 512 MB holds kernel and RAM disk twice, which edk2 needs. */
const memoryMb = 512;

/** Unknown machines, as many as all rounds can need. */
export function newMachines(count: number): Machines {
  const all = Array.from({ length: count }, (_, index) =>
    macFromBytes(Uint8Array.of(0x52, 0x54, 0x00, 0x88, 0x77, index + 1)),
  );
  let used = 0;
  return {
    all,
    next() {
      const mac = all[used];
      if (mac === undefined)
        throw new Error(`the bench named ${count} machines and wants one more`);
      used += 1;
      return mac;
    },
  };
}

/** Writes the script that the daemon gives to a machine to where the static server serves it. */
export async function copyScript(site: Site, [mac]: readonly MacAddress[]): Promise<void> {
  await using _serving = await site.start(kindling(site.folder));
  const script = await fetchText(`/ipxe?mac=${mac}`);
  await writeFile(join(peerPaths(site.folder).web, "boot.ipxe"), script);
}
