import { appendFile, mkdir } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Cells, type MatrixBoot, type MatrixMode } from "../../scripts/boot-matrix-table.ts";
import {
  dnsmasqNamesUs,
  dnsmasqServer,
  iscRelay,
  keaNamesUs,
  keaServer,
} from "../../src/lab/foreign-server.ts";
import { type LabSettings, labNet } from "../../src/lab/lab-config.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { dhcpOf } from "../support/frames.ts";
import { machineMac, openTestRoom, type TestRoom } from "../support/lab.ts";
import { type MachineSetup, MatrixMachines } from "../support/matrix-machines.ts";

const cache = cacheFolder(process.env);
const mac = machineMac(0x10);

type Mode = {
  readonly settings: LabSettings;
  setUp(test: TestRoom, machine: MachineSetup): Promise<void>;
  /** The address that the running system has. */
  readonly address: RegExp;
};

const Modes: Readonly<Record<MatrixMode, Mode>> = {
  full: { settings: {}, setUp: async () => {}, address: /address=10\.77\.0\.1\d\d / },
  "beside dnsmasq": {
    settings: { dhcpMode: "proxy" },
    setUp: (test, { wantsNextServer }) =>
      test.putBeside(dnsmasqServer(test.room.folder, wantsNextServer && dnsmasqNamesUs)),
    address: /address=10\.77\.0\.2\d\d /,
  },
  "beside Kea": {
    settings: { dhcpMode: "proxy" },
    setUp: async (test, { wantsNextServer }) =>
      test.putBeside(await keaServer(test.room.folder, cache, wantsNextServer && keaNamesUs)),
    address: /address=10\.77\.0\.2\d\d /,
  },
  "behind a relay": {
    settings: { farLink: true },
    async setUp(test) {
      await test.runOn(labNet.far.routerHost, await iscRelay(cache));
    },
    address: /address=10\.88\.0\.1\d\d /,
  },
};

// iPXE's progress may stand unended on the line of the first word, or swallow it; the second comes at once.
const firstWords = /KINDLING-KERNEL |^KINDLING-CMDLINE /;

describe("each machine boots to user space in each DHCP mode", () => {
  it.each(Cells)("$machine, $mode", async ({ machine, mode }) => {
    const setup = await MatrixMachines[machine]();
    const {
      console = "ttyS0",
      how,
      firmware,
      loads,
      settings,
      wantsNextServer: _,
      ...parts
    } = setup;
    const profiles = [{ id: "default", end: "poweroff", console, resolve: false }] as const;
    const chosen = { settings: { ...settings, ...Modes[mode].settings }, profiles, ...parts };
    await using test = await openTestRoom(`matrix-${nameOf(machine)}-${nameOf(mode)}`, chosen);
    await Modes[mode].setUp(test, setup);
    const vm = await test.powerOn("m1", mac, firmware, how);
    const kernel = await vm.mark(firstWords, 200_000);
    const up = await vm.mark(/^KINDLING-UP /);
    const [accelerator = "tcg"] = test.accelerators;
    await record({ machine, mode, seconds: kernel.ms / 1000, accelerator });
    expect(up.text).toMatch(Modes[mode].address);

    expect(test.timelineOf(mac)?.rows.at(-1)).toMatchObject({ stage: "user-space" });
    const fetched = test.room.events.flatMap((event) =>
      (event.kind === "tftp" && event.outcome === "sent") ||
      (event.kind === "http" && event.resource === "loader" && event.method === "GET")
        ? [{ kind: event.kind, file: event.kind === "tftp" ? event.file : event.path }]
        : [],
    );
    expect(fetched.slice(0, 1)).toEqual(loads === undefined ? [] : [loads]);
    await expectAnswers(test, mode);
  });
});

// What passed the server's link: a proxy gives no addresses, a relay is answered and nobody else.
async function expectAnswers(test: TestRoom, mode: MatrixMode): Promise<void> {
  const ours = dhcpOf(await test.captured()).filter((one) => one.from === labNet.server);
  const given = ours.filter((one) => one.yiaddr !== "0.0.0.0");
  const isProxy = Modes[mode].settings.dhcpMode === "proxy";
  expect(given.length === 0).toBe(isProxy);
  if (mode !== "behind a relay") return;
  const { router } = labNet.far;
  const ways = new Set(ours.map((one) => `${one.fromPort} > ${one.to}:${one.toPort}`));
  expect([...ways]).toEqual([`67 > ${router}:67`]);
  expect(ours.every((one) => one.options.has(82))).toBe(true);
}

async function record(
  boot: Pick<MatrixBoot, "machine" | "mode" | "seconds" | "accelerator">,
): Promise<void> {
  const line: MatrixBoot = {
    ...boot,
    load: loadavg()[0] ?? 0,
    day: new Date().toISOString().slice(0, 10),
    cores: availableParallelism(),
  };
  const out = join(import.meta.dirname, "../../out");
  await mkdir(out, { recursive: true });
  await appendFile(join(out, "boot-matrix.jsonl"), `${JSON.stringify(line)}\n`);
}

function nameOf(text: string): string {
  return text.toLowerCase().replaceAll(/\W+/g, "-");
}
