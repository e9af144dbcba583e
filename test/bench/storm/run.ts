/**
 * A rack whose power comes back, on the daemon and on dnsmasq with nginx in turn; only inside a sandbox:
 * `npm run bench:storm -- [OPTION…]`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { labNet } from "../../../src/lab/lab-config.ts";
import { cacheFolder } from "../../../src/lab/package-cache.ts";
import { openPeer } from "../../../src/lab/peer-packages.ts";
import { onHost, openVirtualLan } from "../../../src/lab/virtual-lan.ts";
import type { Contender } from "../contender.ts";
import { factsOfMachine, formatFacts } from "../facts.ts";
import { client, startContender } from "../site.ts";
import { formatStorms, type Storm } from "./report.ts";
import { type Sizes, stormKindling, stormNet, stormPair, writeServers } from "./servers.ts";
import type { Summary } from "./summary.ts";
import { usageOf } from "./usage.ts";

const usage = `usage: npm run bench:storm -- [--clients N]… [--rounds N] [--kernel-mb N] [--initrd-mb N] [--spread-ms N] [--json]
  --clients N    machines at once, 1 to 3000; may be given again (default 10, 100 and 1000)
  --rounds N     storms of each (default 5)
  --kernel-mb N  size of the kernel (default 15; a tenth with more than 200 machines)
  --initrd-mb N  size of the RAM disk (default 60; a tenth with more than 200 machines)
  --spread-ms N  within this time all are switched on (default 1000)
  --json         the result as JSON
`;

const { values } = parseArgs({
  options: {
    clients: { type: "string", multiple: true, default: ["10", "100", "1000"] },
    rounds: { type: "string", default: "5" },
    "kernel-mb": { type: "string", default: "15" },
    "initrd-mb": { type: "string", default: "60" },
    "spread-ms": { type: "string", default: "1000" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const counts = values.clients.map(Number);
const inRange = (value: number, most: number) =>
  Number.isInteger(value) && value >= 1 && value <= most;
if (values.help || !inRange(rounds, 50) || !counts.every((count) => inRange(count, 3000))) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}

/** Above this many machines the files are a tenth: it is their number that is looked at, not the cable. */
const fullSizeClients = 200;

const facts = await factsOfMachine();
say(formatFacts(facts));
const nginx = await openPeer(cacheFolder(process.env), "nginx", say);
const storms: Storm[] = [];
for (const count of counts) storms.push(...(await measure(count)));
process.stdout.write(
  values.json
    ? `${JSON.stringify({ facts, rounds, storms }, null, 2)}\n`
    : `${formatFacts(facts)}\n\n${formatStorms(storms)}`,
);

async function measure(clients: number): Promise<readonly Storm[]> {
  const folder = await mkdtemp(join(tmpdir(), "kindling-storm-"));
  try {
    const sizes = sizesFor(clients);
    await writeServers(folder, sizes);
    await using _lan = await openStormLan();
    const contenders = [stormKindling(folder), stormPair(folder, nginx)];
    const results: Storm[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      for (const contender of contenders) {
        const storm = await runStorm(contender, { clients, round });
        results.push({ ...storm, megabytes: (sizes.kernel + sizes.initrd) / 1e6 });
        const { wallMs, failures, reasons } = storm.summary;
        const words = [`${(wallMs / 1000).toFixed(2)} s`, `${failures} failures`, ...reasons].join(
          ", ",
        );
        say(`${clients} machines, ${round}/${rounds}, ${contender.name}: ${words}`);
      }
    }
    return results;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function sizesFor(clients: number): Sizes {
  const share = clients > fullSizeClients ? 0.1 : 1;
  const bytes = (text: string) => Math.round(Number(text) * 1e6 * share);
  return { kernel: bytes(values["kernel-mb"]), initrd: bytes(values["initrd-mb"]) };
}

async function openStormLan(): Promise<AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const lan = opening.use(await openVirtualLan());
  await lan.addHost(labNet.serverHost, `${labNet.server}/${stormNet.prefix}`);
  await lan.addHost(client.host, stormNet.clientCidr);
  // All machines are this one host: it answers for each of their addresses.
  const route = ["ip", "route", "add", "local", stormNet.poolRoute, "dev", "lo"];
  const [program = "", ...rest] = onHost(client.host, route);
  await execa(program, rest);
  return opening.move();
}

async function runStorm(
  contender: Contender,
  { clients, round }: { clients: number; round: number },
): Promise<Omit<Storm, "megabytes">> {
  await using serving = await startContender(contender, join(tmpdir(), `storm-${process.pid}.log`));
  const before = await usageOf(serving.pids);
  const words = [
    process.execPath,
    join(import.meta.dirname, "load.ts"),
    clients,
    values["spread-ms"],
    round,
  ];
  const [program = "", ...rest] = onHost(client.host, words.map(String));
  const { stdout } = await execa(program, rest, { stderr: "inherit" });
  const after = await usageOf(serving.pids);
  const summary: Summary = JSON.parse(stdout);
  // Every machine got the same kernel and the same RAM disk, or nothing here means anything.
  if (summary.digests.length > 2) throw new Error(`${contender.name} sent different bytes`);
  const server = { cpuMs: after.cpuMs - before.cpuMs, peakMb: after.peakMb };
  return { contender: contender.name, clients, summary, server };
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
