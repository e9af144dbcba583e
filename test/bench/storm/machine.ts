import type { MacAddress } from "../../../src/wire/mac.ts";
import { formatMacHyphen } from "../../../src/wire/mac.ts";
import type { DhcpTalk } from "./dhcp-talk.ts";
import { fetchByHttp } from "./http-fetch.ts";
import { fetchByTftp } from "./tftp-fetch.ts";

/** One machine of the storm; those that check read what they fetched, the others count it. */
export type Machine = { readonly mac: MacAddress; readonly checks: boolean };

/** The stages of a boot, in their order. */
export const Stages = ["dhcp", "loader", "ipxe dhcp", "script", "kernel", "initrd"] as const;
export type Stage = (typeof Stages)[number];

/** How a machine fared: the length of each stage in milliseconds, and when it was done. */
export type Outcome = {
  readonly stages: Readonly<Partial<Record<Stage, number>>>;
  /** Of the files of machines that check. */
  readonly digests: readonly string[];
  readonly bytes: number;
  readonly failure?: string;
};

/** Scripts that only lead to the next; more is a loop. */
const chainLimit = 4;

/** The whole way: lease, loader by TFTP, lease of iPXE, script, kernel and initrd by HTTP. */
export async function bootMachine(machine: Machine, talk: DhcpTalk): Promise<Outcome> {
  const stages: Partial<Record<Stage, number>> = {};
  const digests: string[] = [];
  let bytes = 0;
  const timed = async <T>(stage: Stage, work: Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work;
    stages[stage] = performance.now() - start;
    return result;
  };
  try {
    const first = await timed("dhcp", talk.lease(machine, "firmware"));
    bytes += await timed("loader", fetchByTftp(first.server, first.file, first.address));
    const second = await timed("ipxe dhcp", talk.lease(machine, "ipxe"));
    const files = await timed("script", readScript(second.file, machine, second.address));
    for (const stage of ["kernel", "initrd"] as const) {
      const keep = machine.checks ? "digest" : "nothing";
      const fetched = await timed(
        stage,
        fetchByHttp(files[stage], { address: second.address, keep }),
      );
      bytes += fetched.bytes;
      if (machine.checks) digests.push(fetched.sha256);
    }
    return { stages, digests, bytes };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { stages, digests, bytes, failure };
  }
}

type BootFiles = { readonly kernel: string; readonly initrd: string };

// Follows `chain` as iPXE would; the only setting that our scripts ask for here is the MAC.
async function readScript(url: string, machine: Machine, address: string): Promise<BootFiles> {
  let next = url;
  for (let hop = 0; hop < chainLimit; hop += 1) {
    const { text } = await fetchByHttp(next, { address, keep: "text" });
    const step = readStep(text);
    if (step.kind === "boot")
      return { kernel: absolute(step.kernel, next), initrd: absolute(step.initrd, next) };
    next = `${absolute(step.url, next).split("?")[0]}?mac=${formatMacHyphen(machine.mac)}`;
  }
  throw new Error(`the script leads on for more than ${chainLimit} steps`);
}

type Step =
  | ({ readonly kind: "boot" } & BootFiles)
  | { readonly kind: "chain"; readonly url: string };

/** What an iPXE script does: kernel and first initrd, or the script that it leads to. */
export function readStep(script: string): Step {
  const argument = (command: string) =>
    new RegExp(`^\\s*${command}((?:\\s+--\\S+(?:\\s+\\$\\{\\S+)?)*)\\s+(\\S+)`, "m").exec(
      script,
    )?.[2];
  const [kernel, initrd, chain] = ["kernel", "initrd", "chain"].map(argument);
  if (kernel !== undefined && initrd !== undefined) return { kind: "boot", kernel, initrd };
  if (chain !== undefined) return { kind: "chain", url: chain };
  throw new Error(`no kernel and no chain in ${JSON.stringify(script.slice(0, 200))}`);
}

function absolute(url: string, base: string): string {
  return new URL(url.split("${")[0] ?? url, base).href;
}
