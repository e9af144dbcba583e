import { readdir, readFile } from "node:fs/promises";

/** What processes have used since they started, and the most memory that they held. */
export type Usage = { readonly cpuMs: number; readonly peakMb: number };

/** Clock ticks of /proc/PID/stat; 100 a second on every Linux that Debian builds. */
const ticksPerSecond = 100;

/** The processes and all their descendants, taken together. */
export async function usageOf(pids: readonly number[]): Promise<Usage> {
  const all = await readProcesses();
  const family = new Set(pids);
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const [pid, { parent }] of all) if (family.has(parent)) family.add(pid);
  }
  let [cpuMs, peakMb] = [0, 0];
  for (const pid of family) {
    cpuMs += ((all.get(pid)?.ticks ?? 0) * 1000) / ticksPerSecond;
    peakMb += await peakMegabytes(pid);
  }
  return { cpuMs, peakMb };
}

type Process = { readonly parent: number; readonly ticks: number };

async function readProcesses(): Promise<ReadonlyMap<number, Process>> {
  const processes = new Map<number, Process>();
  for (const name of await readdir("/proc")) {
    const stat = /^\d+$/.test(name) ? await readOr(`/proc/${name}/stat`) : "";
    // Fields after the name in parentheses, which may hold anything: state is the third (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [parent, user, system, childUser, childSystem] = [1, 11, 12, 13, 14].map((at) =>
      Number(fields[at]),
    );
    const ticks = (user ?? 0) + (system ?? 0) + (childUser ?? 0) + (childSystem ?? 0);
    if (parent !== undefined && !Number.isNaN(parent))
      processes.set(Number(name), { parent, ticks });
  }
  return processes;
}

async function peakMegabytes(pid: number): Promise<number> {
  const status = await readOr(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1000;
}

// A process may end between its listing and its reading.
async function readOr(path: string): Promise<string> {
  return await readFile(path, "utf8").catch(() => "");
}
