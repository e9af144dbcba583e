import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FirewallSettings, NodeRoles } from "../../src/installer/cluster.ts";
import { renderFirewall } from "../../src/installer/firewall.ts";
import { onHost, openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { clusterOf } from "../support/cluster.ts";

/** Who knocks: one of each kind, on machines other than those whose doors are tried. */
const Sources = {
  user: "10.77.0.70",
  master: "10.77.0.12",
  worker: "10.77.0.22",
  provisioner: "10.77.0.1",
  other: "10.77.0.200",
};
const Targets = { controller: "10.77.0.11", worker: "10.77.0.21", infra: "10.77.0.31" };
type Source = keyof typeof Sources;
type Role = keyof typeof Targets;

const settings: FirewallSettings = {
  ...{ level: "may", egress: "listed", nodePortIngress: true, legacy: true },
  userNetworks: [parseSubnet("10.77.0.64/26")],
};
const sides = { users: ["10.77.0.64/26"], provisioner: ["10.77.0.1"] };

const all = ["user", "master", "worker", "provisioner", "other"] as const;
const members = ["master", "worker"] as const;
const masters = ["master"] as const;
const must = 1;
const should = 2;
const may = 3;
type Level = typeof must | typeof should | typeof may;
const LevelNames = { [must]: "must", [should]: "should", [may]: "may" } as const;

/**
 * The matrix of the requirements, written down a second time and from the other side: which door opens to
 * whom, from which level on. `legacy` doors are opened by that setting alone.
 */
type Door = readonly [
  door: string,
  at: readonly Role[],
  level: Level,
  to: readonly Source[],
  legacy?: "legacy",
];
const Doors: readonly Door[] = [
  // R36, R42, R41: ssh from the users' network, VXLAN from masters and workers.
  ["tcp/22", ["controller", "worker", "infra"], must, ["user"]],
  ["udp/8472", ["controller", "worker", "infra"], must, members],
  // Ingress on node ports of controllers; on the others they are node ports like all.
  ["tcp/32000", ["controller", "worker", "infra"], must, all],
  ["tcp/32001", ["controller", "worker", "infra"], must, all],
  ["tcp/32002", ["controller", "worker", "infra"], must, all],
  // R37
  ["tcp/9100", ["controller", "worker", "infra"], should, members],
  ["tcp/30000", ["controller"], may, all],
  ["udp/30000", ["controller"], may, all],
  ["tcp/32767", ["controller"], may, all],
  ["tcp/2379", ["controller"], may, all],
  ["tcp/10255", ["controller"], may, all, "legacy"],
  // R41
  ["tcp/443", ["infra"], must, all],
  ["tcp/80", ["infra"], must, all],
  // R42
  ["tcp/30000", ["worker", "infra"], must, all],
  ["udp/30000", ["worker", "infra"], must, all],
  ["tcp/32767", ["worker", "infra"], must, all],
  ...["tcp/1", "tcp/4194", "tcp/10250", "tcp/2380", "tcp/65535", "udp/5000"].map((door): Door => {
    return [door, ["worker", "infra"], must, masters];
  }),
  // R43: masters reach all of it already; machines among themselves reach etcd.
  ["tcp/2379", ["worker", "infra"], may, members],
  ["tcp/2380", ["worker", "infra"], may, members],
  // What Kubernetes needs besides.
  ["tcp/6443", ["controller"], must, all],
  ["tcp/2379", ["controller"], must, [...masters, "provisioner"]],
  ["tcp/2380", ["controller"], must, masters],
  ["tcp/10250", ["controller"], must, masters],
];
/** Doors that are tried at every role; what the table does not open stays shut. */
const tried = [...new Set(Doors.map(([door]) => door)), "tcp/29999", "tcp/10256", "udp/4789"];

const support = join(import.meta.dirname, "../support");
let lan: VirtualLan;

async function run(host: string, argv: readonly string[], input = ""): Promise<string> {
  const [program = "", ...rest] = onHost(host, argv);
  return (await execa(program, rest, { input })).stdout;
}

async function load(level: FirewallSettings["level"], legacy: boolean): Promise<void> {
  const cluster = clusterOf("ha", { firewall: { ...settings, level, legacy } });
  for (const role of NodeRoles) {
    await run(`t-${role}`, ["nft", "-f", "-"], renderFirewall(cluster, role, sides));
  }
}

/** Of the doors, those that a source finds open. */
async function knock(host: string, doors: readonly string[]): Promise<ReadonlySet<string>> {
  const script = join(support, "firewall-probe.ts");
  return new Set(JSON.parse(await run(host, [process.execPath, script, ...doors])));
}

function expected(role: Role, source: Source, level: Level, legacy: boolean): readonly string[] {
  const open = Doors.filter(([, at, from, to, old]) => {
    return at.includes(role) && from <= level && to.includes(source) && (legacy || !old);
  });
  return tried.filter((door) => {
    const isTable = open.some(([name]) => name === door);
    // Masters reach every port of workers and infra nodes.
    return isTable || (source === "master" && role !== "controller");
  });
}

beforeAll(async () => {
  lan = await openVirtualLan();
  for (const [name, address] of Object.entries(Sources)) await lan.addHost(name, `${address}/24`);
  for (const [role, address] of Object.entries(Targets)) {
    await lan.addHost(`t-${role}`, `${address}/24`);
    // The kernel sparingly says that a port is shut: here it must say so each time.
    await run(`t-${role}`, ["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0"]);
  }
});
afterAll(() => lan[Symbol.asyncDispose]());

describe.each([
  { level: must, legacy: false },
  { level: should, legacy: false },
  { level: may, legacy: false },
  { level: may, legacy: true },
] as const)("level $level, legacy $legacy", ({ level, legacy }) => {
  beforeAll(() => load(LevelNames[level], legacy));

  it.each(Object.keys(Sources) as Source[])("opens to %s what the matrix says", async (source) => {
    const doors = Object.values(Targets).flatMap((address) => {
      return tried.map((door) => door.replace("/", `/${address}/`));
    });
    const open = await knock(source, doors);
    for (const [role, address] of Object.entries(Targets) as [Role, string][]) {
      const found = tried.filter((door) => open.has(door.replace("/", `/${address}/`)));
      expect(found, role).toEqual(expected(role, source, level, legacy));
    }
  });
});

describe("what machines send", () => {
  beforeAll(() => load("must", false));
  const doors = ["tcp/443", "tcp/12345", "udp/53", "udp/123", "udp/12345", "tcp/2379"];
  const at = (address: string) => doors.map((door) => door.replace("/", `/${address}/`));

  it("leaves for strangers by the listed ports alone", async () => {
    const address = Sources.other;
    const open = await knock("t-worker", at(address));
    const found = doors.filter((door) => open.has(door.replace("/", `/${address}/`)));
    expect(found).toEqual(["tcp/443", "udp/53", "udp/123"]);
  });

  it("leaves for the cluster's machines by all", async () => {
    const open = await knock("t-worker", at(Sources.master));
    expect(open).toEqual(new Set(at(Sources.master)));
  });
});

it("can be loaded again and again, and leaves one table", async () => {
  await load("should", false);
  await load("should", false);
  expect(await run("t-controller", ["nft", "list", "tables"])).toBe("table inet kindling");
});
