import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lease } from "../../src/dhcp/lease.ts";
import { formatLeases, journalHeader } from "../../src/dhcp/lease-journal.ts";
import { keyOfMac } from "../../src/dhcp/request.ts";
import { labPaths } from "../../src/lab/lab-config.ts";
import { addToIpv4, parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { type Contender, kindling } from "./contender.ts";
import type { Bench } from "./series.ts";
import type { Site } from "./site.ts";

type Filled = Contender & { readonly leases: number };

/** Start and memory of a daemon that has given out many addresses. */
export function leaseBench(site: Site, rounds: number): Bench<Filled> {
  const filled = (leases: number): Filled => {
    // Emptied here and not by the site, which would do it after the leases are there.
    return { ...kindling(site.folder), name: `kindling, ${leases} leases`, fresh: [], leases };
  };
  return {
    name: "leases",
    what: "a start with leases on disk, and the memory when every service has answered",
    metrics: [
      { name: "all answer", unit: "ms", target: 2000 },
      { name: "memory", unit: "MB" },
    ],
    contenders: [filled(0), filled(100_000)],
    rounds,
    async measure(contender) {
      await writeLeases(labPaths(site.folder).state, contender.leases);
      await using serving = await site.start(contender);
      const status = await readFile(`/proc/${serving.pids[0]}/status`, "utf8");
      const memory = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1000;
      return { "all answer": Math.max(...Object.values(serving.answeredMs)), memory };
    },
  };
}

async function writeLeases(folder: string, count: number): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const wall = Date.now();
  const lines = Array.from({ length: count }, (_, index) => {
    const hex = index.toString(16).padStart(6, "0");
    const mac = parseMac(`525400${hex}`);
    const lease: Lease = {
      address: addToIpv4(parseIpv4("10.128.0.0"), index),
      key: keyOfMac(mac),
      state: "bound",
      expires: wall + 12 * 3_600_000,
      relayed: true,
      mac,
      hostname: `node-${index}`,
    };
    return formatLeases([lease], { wall, time: wall });
  });
  const file = join(folder, "leases.journal");
  await writeFile(file, journalHeader + lines.join(""));
}
