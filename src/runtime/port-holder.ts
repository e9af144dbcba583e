import { readdir, readFile, readlink } from "node:fs/promises";

/** A process that holds a port. */
export type PortHolder = { readonly pid: number; readonly name: string };

/** Inodes of the sockets bound to `port` in the text of /proc/net/{udp,udp6,tcp,tcp6}; listening ones for TCP. */
export function socketInodes(
  table: string,
  port: number,
  protocol: "udp" | "tcp",
): readonly string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const listening = "0A";
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = "", , state]) => {
      return local.endsWith(`:${wanted}`) && (protocol === "udp" || state === listening);
    })
    .flatMap((columns) => columns[9] ?? []);
}

/** Who holds a port, as far as /proc tells this user; empty when nobody does or nothing may be seen. */
export async function findPortHolders(
  port: number,
  protocol: "udp" | "tcp",
): Promise<readonly PortHolder[]> {
  const tables = await Promise.all(
    [protocol, `${protocol}6`].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")),
  );
  const inodes = new Set(tables.flatMap((table) => socketInodes(table, port, protocol)));
  if (inodes.size === 0) return [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const holders = await Promise.all(pids.map((pid) => holderOf(pid, inodes)));
  return holders.flatMap((holder) => holder ?? []);
}

async function holderOf(pid: string, inodes: ReadonlySet<string>): Promise<PortHolder | undefined> {
  // Processes end and deny while we look: those are simply not the answer.
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "");
    if (!inodes.has(target.slice("socket:[".length, -1))) continue;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return { pid: Number(pid), name: nameOf(commandLine) };
  }
  return undefined;
}

// Not /proc/PID/comm: a program may rename its threads, and Node calls its first one MainThread.
function nameOf(commandLine: string): string {
  const [program = ""] = commandLine.split("\0");
  return program.split("/").at(-1) || "an unnamed program";
}
