/**
 * Measures the daemon beside other programs; only inside a sandbox: `npm run bench -- [OPTION…]`.
 * Tells each round on standard error and the result on standard output, as a table or as JSON.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chooseAccelerator } from "../../src/lab/accelerator.ts";
import { debianOvmf, type MachineFirmware } from "../../src/lab/firmware.ts";
import { type GuestFiles, openGuestFiles } from "../../src/lab/guest-files.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";
import { type BootOptions, bootBench, copyScript, newMachines } from "./boot-bench.ts";
import { catalogBench } from "./catalog.ts";
import type { Contender } from "./contender.ts";
import { dnsBench } from "./dns.ts";
import { doraBench } from "./dora-bench.ts";
import { factsOfMachine, formatFacts } from "./facts.ts";
import { templatesBench } from "./go-template-load.ts";
import { httpBench } from "./http-bench.ts";
import { imagesBench } from "./images.ts";
import { leaseBench } from "./lease-bench.ts";
import { putsBench } from "./rpc-puts.ts";
import { type Bench, runRounds, type Series } from "./series.ts";
import { memoryBench, offersBench, startUpBench } from "./server-benches.ts";
import { openSite, type Site } from "./site.ts";
import { formatTable } from "./table.ts";
import { tftpBench } from "./tftp.ts";

/** Benches of a whole server on a LAN beside others, and of one part in this process. */
const SiteNames = [
  "start-up",
  "memory",
  "leases",
  "offers",
  "dora",
  "tftp",
  "http",
  "bios",
  "uefi",
] as const;
const PartNames = ["catalog", "dns", "images", "puts", "templates"] as const;
const Names = [...SiteNames, ...PartNames];
type SiteName = (typeof SiteNames)[number];
type PartName = (typeof PartNames)[number];

const usage = `usage: npm run bench -- [--only NAME]… [--rounds N] [--quick] [--json] [--output FILE]
  --only NAME    one of ${Names.join(", ")}; may be given again
  --rounds N     rounds of each (default 5)
  --quick        one round, short loads: to see that it works, not for numbers
  --json         the result as JSON, with every sample
  --output FILE  writes that JSON to a file, too
`;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    rounds: { type: "string", default: "5" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    output: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const rounds = values.quick ? 1 : Number(values.rounds);
const names = Names.filter((name) => values.only.length === 0 || values.only.includes(name));
if (values.help || names.length === 0 || !Number.isInteger(rounds) || rounds < 1 || rounds > 20) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}

const facts = await factsOfMachine();
say(formatFacts(facts));
const series: Series[] = [];
const folder = await mkdtemp(join(tmpdir(), "kindling-bench-"));
try {
  const siteNames = SiteNames.filter((name) => names.includes(name));
  if (siteNames.length > 0) await runOnSite(siteNames);
  for (const name of PartNames) if (names.includes(name)) await runPart(name);
} finally {
  await rm(folder, { recursive: true, force: true });
}
const result = { facts, rounds, series };
const json = `${JSON.stringify(result, null, 2)}\n`;
if (values.output !== undefined) await writeFile(values.output, json);
process.stdout.write(values.json ? json : `${formatFacts(facts)}\n\n${formatTable(series)}`);

async function runOnSite(siteNames: readonly SiteName[]): Promise<void> {
  const guest = await openGuestFiles(cacheFolder(process.env), say);
  // For each firmware two contenders, and one machine for the script that the static server copies.
  const machines = newMachines(2 * 2 * rounds + 1);
  await using site = await openSite({ folder, guest, machines: machines.all });
  // This start is measured by nobody: it fills the code cache of the warm contenders.
  await copyScript(site, [machines.next()]);
  for (const name of siteNames) await runOne(name, { site, machines, guest });
}

async function runPart(name: PartName): Promise<void> {
  switch (name) {
    case "catalog":
      return await runBench(catalogBench(rounds, values.quick ? 1_000 : 10_000));
    case "dns":
      return await runBench(await dnsBench(folder, rounds, values.quick ? 2 : 10));
    case "images": {
      const bytes = values.quick ? 100_000_000 : 1_000_000_000;
      await using bench = await imagesBench(folder, { rounds, bytes });
      return await runBench(bench);
    }
    case "puts":
      return await runBench(putsBench(rounds, values.quick ? 1 : 3));
    case "templates":
      return await runBench(templatesBench(rounds, values.quick ? 0.2 : 1));
  }
}

async function runBench<C extends { readonly name: string }>(bench: Bench<C>): Promise<void> {
  say(`${bench.name}: ${bench.what}`);
  series.push(...(await runRounds(bench, say)));
}

type Rig = {
  readonly site: Site;
  readonly machines: ReturnType<typeof newMachines>;
  readonly guest: GuestFiles;
};

async function runOne(name: SiteName, rig: Rig): Promise<void> {
  switch (name) {
    case "dora": {
      const kea = await openPeer(cacheFolder(process.env), "kea", say);
      return await runBench(
        await doraBench(rig.site, kea, { rounds, seconds: values.quick ? 2 : 10 }),
      );
    }
    case "leases":
      return await runBench(leaseBench(rig.site, rounds));
    default:
      return await runBench(await openBench(name, rig));
  }
}

async function openBench(
  name: Exclude<SiteName, "dora" | "leases">,
  { site, machines, guest }: Rig,
): Promise<Bench<Contender>> {
  const boots = async (firmware: MachineFirmware): Promise<Bench<Contender>> => {
    const accelerator = await chooseAccelerator(firmware, guest, site.folder);
    const options: BootOptions = { firmware, accelerator, rounds };
    return bootBench(site, machines, options);
  };
  switch (name) {
    case "start-up":
      return startUpBench(site, rounds);
    case "memory":
      return memoryBench(site, rounds);
    case "offers":
      return offersBench(site, rounds, values.quick ? 2 : 10);
    case "tftp":
      return await tftpBench(site, rounds);
    case "http":
      return await httpBench(site, await openPeer(cacheFolder(process.env), "nginx"), rounds);
    case "bios":
      return await boots({ kind: "bios" });
    case "uefi":
      return await boots(debianOvmf);
  }
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
