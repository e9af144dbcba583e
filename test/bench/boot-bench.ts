import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Plug } from "../../src/lab/cables.ts";
import type { Accelerator, MachineFirmware } from "../../src/lab/firmware.ts";
import { openCapture } from "../../src/lab/inside.ts";
import { parsePcap } from "../../src/lab/pcap.ts";
import { openVm } from "../../src/lab/vm.ts";
import { type MacAddress, macFromBytes } from "../../src/wire/mac.ts";
import { bootInstants } from "./boot-instants.ts";
import { type Contender, kindling, peerPaths, staticPair } from "./contender.ts";
import type { Bench } from "./series.ts";
import { fetchText, type Site } from "./site.ts";

export type BootOptions = {
  readonly firmware: MachineFirmware;
  readonly accelerator: Accelerator;
  readonly rounds: number;
};

/** Every machine that a bench powers on; each boot is one that nobody has seen before. */
export type Machines = { readonly all: readonly MacAddress[]; next(): MacAddress };

/** One machine, from its first DISCOVER to its user space. */
export function bootBench(
  site: Site,
  machines: Machines,
  { firmware, accelerator, rounds }: BootOptions,
): Bench<Contender> {
  let plug: Plug | undefined;
  return {
    name: firmware.kind,
    what: `a ${firmware.kind} machine (${accelerator}): first DISCOVER to kernel fetched, to user space`,
    metrics: [
      { name: "kernel fetched", unit: "s" },
      { name: "user space", unit: "s" },
    ],
    contenders: [kindling(site.folder), staticPair(site.folder, machines.all)],
    rounds,
    async measure(contender) {
      const mac = machines.next();
      await using _serving = await site.start(contender);
      const capture = join(site.folder, "boot.pcap");
      plug ??= await site.cables.plug();
      const spec = { name: "bench", mac, firmware, accelerator, memoryMb, cable: plug.cable };
      {
        await using _capturing = await openCapture(site.lan.bridge, capture);
        const options = { spec, folder: site.folder, within: plug.within };
        await using vm = await openVm(options, new AbortController().signal);
        await vm.mark(/^KINDLING-UP /);
      }
      const { kernel, up } = bootInstants(parsePcap(await readFile(capture)), mac);
      return { "kernel fetched": kernel, "user space": up };
    },
  };
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
