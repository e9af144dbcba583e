import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { labConfig, labNet, labPaths } from "../../src/lab/lab-config.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer, type Peer } from "../../src/lab/peer-packages.ts";
import { onHost, openVirtualLan } from "../../src/lab/virtual-lan.ts";
import type { Contender } from "./contender.ts";
import type { Bench } from "./series.ts";
import { client, startContender } from "./site.ts";

/** Server and load have a processor each, so that one does not take from the other. */
const processors = { server: "0", load: "1" } as const;
const names = Array.from({ length: 200 }, (_, at) => `host-${at}`);
const addressOf = (at: number) => `10.77.0.${(at % 200) + 20}`;

/** Questions a second and what each costs the server, both on one processor and with the same names. */
export async function dnsBench(
  folder: string,
  rounds: number,
  seconds: number,
): Promise<Bench<Contender>> {
  const dnsperf = await openPeer(cacheFolder(process.env), "dnsperf");
  const questions = join(folder, "questions");
  await writeFile(questions, questionText());
  return {
    name: "dns",
    what: `dnsperf for ${seconds} s: A of 200 names, AAAA of some, one in ten that is not there`,
    metrics: [
      { name: "answers", unit: "1/s", wants: "more" },
      { name: "processor per answer", unit: "µs" },
      { name: "lost", unit: "packets" },
    ],
    contenders: [await kindlingDns(folder), dnsmasqDns(folder)],
    rounds,
    measure: (contender) => measure(contender, { dnsperf, questions, seconds, folder }),
  };
}

type Load = {
  readonly dnsperf: Peer;
  readonly questions: string;
  readonly seconds: number;
  readonly folder: string;
};

async function measure(
  contender: Contender,
  { dnsperf, questions, seconds, folder }: Load,
): Promise<Readonly<Record<string, number>>> {
  await using lan = await openVirtualLan();
  await lan.addHost(labNet.serverHost, labNet.serverCidr);
  await lan.addHost(client.host, client.cidr);
  await using serving = await startContender(contender, join(folder, "contender.log"));
  const load = async (length: number) => {
    const words = [
      "-s",
      labNet.server,
      "-d",
      questions,
      "-l",
      String(length),
      "-c",
      "8",
      "-q",
      "100",
    ];
    const [program = "", ...rest] = onHost(client.host, [
      ...["taskset", "-c", processors.load, dnsperf.program],
      ...words,
    ]);
    return (await execa(program, rest, { env: dnsperf.env })).stdout;
  };
  await load(1); // until the engine has compiled what is hot
  const before = await processorMs(serving.pids);
  const text = await load(seconds);
  const spent = (await processorMs(serving.pids)) - before;
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1]);
  const completed = number(/Queries completed:\s+(\d+)/);
  return {
    answers: number(/Queries per second:\s+([\d.]+)/),
    "processor per answer": (spent * 1000) / completed,
    lost: number(/Queries lost:\s+(\d+)/),
  };
}

// utime and stime of proc(5), in hundredths of a second; `ip netns exec` and taskset became the server.
async function processorMs(pids: readonly number[]): Promise<number> {
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8")));
  return stats
    .map((stat) => stat.slice(stat.lastIndexOf(")") + 2).split(" "))
    .reduce((sum, fields) => sum + (Number(fields[11]) + Number(fields[12])) * 10, 0);
}

async function kindlingDns(folder: string): Promise<Contender> {
  const own = join(folder, "dns");
  const paths = labPaths(own);
  for (const path of [own, paths.data, paths.assets, paths.state]) {
    await mkdir(path, { recursive: true });
  }
  const records = names.map((name, at) => ({ name, type: "A", value: addressOf(at) }));
  const config = labConfig(own, { dhcpMode: "off" });
  const dns = { ...config.dns, records };
  await writeFile(paths.config, JSON.stringify({ ...config, dns, log: { format: "json" } }));
  const main = join(import.meta.dirname, "../../src/main.ts");
  return contender("kindling", [process.execPath, main, "serve", "--config", paths.config]);
}

function dnsmasqDns(folder: string): Contender {
  const { domain, server } = labNet;
  const records = names.map((name, at) => `--host-record=${name}.${domain},${addressOf(at)}`);
  return contender("dnsmasq", [
    ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--group="],
    ...[`--log-facility=${join(folder, "dnsmasq.log")}`, "--interface=eth0", "--bind-interfaces"],
    ...["--no-resolv", "--no-hosts", `--local=/${domain}/`, "--pid-file"],
    ...[`--host-record=provisioner.${domain},${server}`, ...records],
  ]);
}

function contender(name: string, argv: readonly string[]): Contender {
  const program = ["taskset", "-c", processors.server, ...argv];
  return { name, programs: [program], services: ["dns"], environment: {}, fresh: [] };
}

function questionText(): string {
  const { domain } = labNet;
  const lines = names.flatMap((name, at) => [
    `${name}.${domain} A`,
    ...(at % 4 === 0 ? [`${name}.${domain} AAAA`] : []),
    ...(at % 8 === 0 ? [`nobody-${at}.${domain} A`] : []),
  ]);
  return `${lines.join("\n")}\n`;
}
