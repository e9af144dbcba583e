/** What a crowd stands, and how each of it is done. Short in test/interop, long in test/deep. */
import { randomUUID } from "node:crypto";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { execa } from "execa";
import { expect } from "vitest";
import { cacheFolder } from "../../../src/lab/package-cache.ts";
import { openPeer } from "../../../src/lab/peer-packages.ts";
import type { Daemon } from "../daemon.ts";
import type { DaemonSite, Starting } from "../daemon-site.ts";
import { type Chaos, type Crowd, standAlone, standChaos } from "./crowd-lab.ts";
import { addFarHost, flapLink, loseFrames, loseNoMore } from "./faults.ts";
import { promisedTwice } from "./ledger.ts";

/** `times`: how often the thing happens. */
type Scale = Crowd & { readonly times: number };

type Row = {
  readonly name: string;
  readonly run: (site: DaemonSite, scale: Scale) => Promise<void>;
};

type Settings = Readonly<Record<string, string>>;

/** Half as many addresses again as machines, and leases that are renewed and end while one looks on. */
const tight = ({ stations }: Crowd, more: Settings = {}): Starting => ({
  environment: {
    KINDLING_DHCP_POOLS: `10.77.0.100-10.77.0.${100 + Math.ceil(1.5 * stations)}`,
    KINDLING_DHCP_LEASE: "4s",
    KINDLING_DHCP_NEW_MACHINES_PER_MINUTE: "10000",
    ...more,
  },
});

/**
 * Hardly more addresses than machines, none of them asked about: the leases alone say what is free. A
 * machine that takes the place of one that is gone waits for the end of that one's lease.
 */
const blind = (crowd: Crowd, more: Settings = {}): Starting =>
  tight(crowd, {
    KINDLING_DHCP_POOLS: `10.77.0.100-10.77.0.${100 + Math.ceil(1.1 * crowd.stations)}`,
    KINDLING_DHCP_CONFLICT_PROBE: "off",
    ...more,
  });

/** Where machines decline for good reasons, the addresses come back within the row. */
const shortProbation = { KINDLING_DHCP_DECLINE_PROBATION: "5s" };

const calm: Chaos = async () => {};

/** Again and again, at any moment of an exchange: `random` chooses it. */
const repeatedly =
  ({ times }: Scale, happens: (count: number) => Promise<void>): Chaos =>
  async ({ random, nextExchange }) => {
    for (let count = 0; count < times; count += 1) {
      await nextExchange();
      await after(300 * random());
      await happens(count);
    }
  };

async function kill(daemon: Daemon): Promise<void> {
  daemon.signal("SIGKILL");
  await daemon.ended;
}

const killed: Row = {
  name: "the daemon is killed and starts again",
  async run(site, scale) {
    let daemon = await site.serve(blind(scale));
    const kills = repeatedly(scale, async () => {
      await kill(daemon);
      daemon = await site.serve(blind(scale));
    });
    await standAlone(site, { ...scale, exchanges: Math.max(scale.exchanges, 200) }, kills);
  },
};

const lossy = (percent: number): Row => ({
  name: `${percent} % of the frames are lost each way`,
  async run(site, scale) {
    await site.serve(tight(scale));
    await loseFrames(site, percent);
    try {
      await standAlone(site, scale, calm);
    } finally {
      await loseNoMore();
    }
  },
});

const disordered: Row = {
  name: "frames are late, overtake each other and arrive twice",
  async run(site, scale) {
    await site.serve(tight(scale, shortProbation));
    const faults = { seed: scale.seed, duplicates: 0.2, delayMs: 60 };
    await using _far = await addFarHost(site, faults);
    // The server's own ARP question may be overtaken by its ACK, and the machine then declines.
    const { messages } = await standChaos(site, { ...scale, host: "far" }, calm);
    expect(promisedTwice(messages), `CHAOS_SEED=${scale.seed}`).toEqual([]);
  },
};

const flapping: Row = {
  name: "the interface goes down and the cable is pulled",
  async run(site, scale) {
    await site.serve(tight(scale));
    const flap = (count: number) => flapLink(count % 2 === 0 ? "interface" : "cable");
    await standAlone(site, scale, repeatedly(scale, flap));
  },
};

const reloaded: Row = {
  name: "changed settings are read every 50 ms",
  async run(site, scale) {
    const configure = (count: number) =>
      site.configure(`dhcp:\n  router: 10.77.0.${253 + (count % 2)}\n`);
    const args = ["--interface", "eth0", "--config", configure(0)];
    const daemon = await site.serve({ ...tight(scale), args });
    await standAlone(site, scale, async () => {
      for (let count = 0; count < 10 * scale.times; count += 1) {
        configure(count);
        daemon.signal("SIGHUP");
        await after(50);
      }
    });
    expect(daemon.lines.filter(({ level }) => level === "error")).toEqual([]);
  },
};

const filled: Row = {
  name: "the disk is full for a while",
  async run(site, scale) {
    const state = join(site.folder, "small");
    mkdirSync(state);
    await execa("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", state]);
    try {
      await using daemon = await site.serve(tight(scale, { KINDLING_STATE_FOLDER: state }));
      await standAlone(site, scale, async ({ nextExchange }) => {
        await nextExchange();
        const filler = join(state, "filler");
        await execa("dd", ["if=/dev/zero", `of=${filler}`, "bs=4k"], { reject: false });
        expect(await daemon.logged("finding raised")).toMatchObject({ code: "store.unusable" });
        rmSync(filler);
        await daemon.logged("finding cleared");
      });
    } finally {
      await execa("umount", [state]);
    }
  },
};

/**
 * A clock for a daemon alone, which `set` steps, on a host that `restartHost` starts anew for it; the
 * machines and the capture keep the right time.
 */
async function openWrongClock(site: DaemonSite) {
  const { program } = await openPeer(cacheFolder(process.env), "faketime");
  const file = join(site.folder, "clock");
  const set = (offset: string): void => {
    writeFileSync(`${file}.new`, `${offset}\n`);
    renameSync(`${file}.new`, file); // whoever looks meanwhile sees the one or the other
  };
  set("+0");
  const boot = join(site.folder, "boot_id");
  const restartHost = (): void => writeFileSync(boot, randomUUID());
  restartHost();
  await execa("mount", ["--bind", boot, bootId]);
  const environment = {
    LD_PRELOAD: program,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1", // no step of a wall clock moves the other one
  };
  const leave = () => execa("umount", [bootId]);
  return { set, restartHost, environment, [Symbol.asyncDispose]: async () => void (await leave()) };
}

const bootId = "/proc/sys/kernel/random/boot_id";

/** Each is another than the one before, the first one after the last too. */
const offsets = ["+1y", "-1y", "+0", "+1y", "-1y", "+0"];

const wrongClock: Row = {
  name: "the clock is set a year on and back, and daemon and host start anew besides",
  async run(site, scale) {
    await using wrong = await openWrongClock(site);
    const starting = blind(scale, wrong.environment);
    let daemon = await site.serve(starting);
    await standAlone(site, scale, async ({ nextExchange }) => {
      for (let count = 0; count < scale.times; count += 1) {
        const way = waysOfTime[count % waysOfTime.length] ?? "stepped";
        // Long enough for machines to come whom a lease that ended too early would be given to.
        for (let few = 0; few < 20; few += 1) await nextExchange();
        if (way !== "stepped") await kill(daemon);
        if (way === "host restarted") wrong.restartHost();
        wrong.set(offsets[count % offsets.length] ?? "+0");
        if (way === "stepped") {
          await daemon.logged("clock was stepped");
          continue;
        }
        daemon = await site.serve(starting);
        const isBelieved = daemon.lines.every(({ msg }) => msg !== notBelieved);
        expect([way, isBelieved]).toEqual([way, way === "killed"]);
      }
    });
  },
};

const waysOfTime = ["stepped", "killed", "stepped", "host restarted"] as const;
const notBelieved = "clock is not believed; leases keep what was left of them";

async function serveTwo(site: DaemonSite, scale: Scale, more: Settings) {
  await site.lan.addHost("second", "10.77.0.2/24");
  const places = {
    KINDLING_STATE_FOLDER: join(site.folder, "second"),
    KINDLING_ADMIN_SOCKET: join(site.folder, "second.sock"),
  };
  const second = { ...tight(scale, { ...more, ...places }), host: "second" };
  return await Promise.all([site.serve(tight(scale, more)), site.serve(second)]);
}

const twoThatLook: Row = {
  name: "two daemons that look first serve one link",
  async run(site, scale) {
    const daemons = await serveTwo(site, scale, {
      KINDLING_DHCP_MODE: "auto",
      KINDLING_DHCP_FORCE: "false",
      KINDLING_DHCP_PROBE_LISTEN: "1s",
      KINDLING_DHCP_PROBE_EVERY: "1s",
      KINDLING_DHCP_PROBE_CARRIER: "2s",
    });
    const { messages } = await standAlone(site, scale, calm);
    const servers = messages.filter(({ type }) => type === 5).map(({ from }) => from);
    expect(new Set(servers)).toEqual(new Set(["10.77.0.1"]));
    expect(daemons).toHaveLength(2);
  },
};

const twoForced: Row = {
  name: "two daemons that were told not to look give one pool",
  async run(site, scale) {
    const daemons = await serveTwo(site, scale, shortProbation);
    await standChaos(site, scale, calm);
    const found = daemons.flatMap(({ lines }) =>
      lines.filter(({ code, msg }) => msg === "finding raised" && code === "dhcp.address-conflict"),
    );
    expect(found.length).toBeGreaterThan(0);
  },
};

/** Those that are short enough for every day. */
export const shortRows: readonly Row[] = [
  killed,
  lossy(10),
  disordered,
  flapping,
  reloaded,
  wrongClock,
  twoForced,
];

export const allRows: readonly Row[] = [...shortRows, lossy(1), lossy(5), filled, twoThatLook];
