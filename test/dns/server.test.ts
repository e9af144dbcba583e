import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { troubleWindowMs } from "../../src/dns/responder.ts";
import { type DnsServer, openDnsServer } from "../../src/dns/server.ts";
import { KindlingError } from "../../src/errors.ts";
import { type Log, silentLog } from "../../src/runtime/log.ts";
import type { UdpPeer } from "../../src/runtime/udp.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { dnsSettings, FakeBindings, queryBytes } from "../support/dns.ts";
import { askByUdp, TcpClient } from "../support/dns-client.ts";
import { FakeClock } from "../support/fake-clock.ts";

const nodes = ["node1 10.77.0.11 reserved", "node2 10.77.0.12 reserved", "node3 10.77.0.13"];
const interfaces = [
  { address: parseIpv4("127.0.0.1"), subnet: parseSubnet("127.0.0.0/24") },
  { address: parseIpv4("127.1.0.1"), subnet: parseSubnet("127.1.0.0/24") },
];
const openAt = (port: number) =>
  openDnsServer(
    { interfaces, port, settings: dnsSettings(), bindings, clock, log, findings },
    new AbortController().signal,
  );
const open = async (tries = 5): Promise<DnsServer> => {
  try {
    return await openAt(0);
  } catch (error) {
    // The kernel chose a UDP port of which somebody has the TCP twin.
    if (tries > 1 && error instanceof KindlingError && error.code === "port.in-use") {
      return open(tries - 1);
    }
    throw error;
  }
};
const node1 = queryBytes("node1.kindling.lan", "A");
const node1Answer = ["node1.kindling.lan A 10.77.0.11"];

const findings = { raise: () => {}, clear: () => {} };
let clock: FakeClock;
let bindings: FakeBindings;
let lines: { level: string; message: string; fields: Record<string, unknown> }[];
let log: Log;
let server: DnsServer;
let lan: UdpPeer;
let rack: UdpPeer;

beforeEach(async () => {
  clock = new FakeClock(1_700_000_000_000);
  bindings = new FakeBindings(nodes);
  lines = [];
  const note =
    (level: string) =>
    (message: string, fields = {}) =>
      void lines.push({ level, message, fields });
  log = { ...silentLog, warn: note("warn"), error: note("error"), debug: note("debug") };
  server = await open();
  server.serve();
  [lan, rack] = locals(server);
});

afterEach(() => server[Symbol.asyncDispose]());

const ask = async (name: string, type = "A", to = lan) =>
  (await askByUdp(to, [queryBytes(name, type)]))[0];
const told = (level: string) => lines.filter((it) => it.level === level);

describe("by UDP", () => {
  it("answers a name and logs one line", async () => {
    expect(await ask("node1.kindling.lan")).toMatchObject({ answers: node1Answer });
    const fields = { name: "node1.kindling.lan", type: "A", reason: "answered", transport: "udp" };
    expect(lines).toMatchObject([{ level: "debug", message: "dns answer", fields }]);
  });

  it("gives our own name the address that was asked", async () => {
    const ours = ["provisioner.kindling.lan A"];
    expect(await ask("provisioner.kindling.lan")).toMatchObject({ answers: [`${ours} 127.0.0.1`] });
    expect(await ask("provisioner.kindling.lan", "A", rack)).toMatchObject({
      answers: [`${ours} 127.1.0.1`],
    });
  });

  it("takes turns among controllers, whatever else is asked in between", async () => {
    const fronts: (string | undefined)[] = [];
    for (let at = 0; at < 4; at += 1) {
      fronts.push((await ask("controller.kindling.lan"))?.answers[0]?.slice(-2));
      await ask("controller.kindling.lan", "AAAA");
    }
    expect(fronts).toEqual(["11", "12", "11", "12"]);
  });

  it("follows leases and settings, with a serial that grows each time", async () => {
    const serial = async () =>
      Number((await ask("kindling.lan", "SOA"))?.answers[0]?.split(" ")[4]);
    const before = await serial();
    expect(before).toBe(1_700_000_000);
    expect(await serial()).toBe(before);
    expect((await ask("node4.kindling.lan"))?.rcode).toBe("NXDOMAIN");
    bindings.replace([...nodes, "node4 10.77.0.14"]);
    expect((await ask("node4.kindling.lan"))?.answers).toHaveLength(1);
    expect(await serial()).toBe(before + 1);
    clock.step(5_000);
    server.replaceSettings(dnsSettings({ domain: "other.lan" }));
    expect((await ask("node4.kindling.lan"))?.rcode).toBe("REFUSED");
    expect((await ask("node4.other.lan"))?.answers).toHaveLength(1);
  });

  it("keeps the old settings when the new ones are wrong", async () => {
    expect(() => server.replaceSettings(dnsSettings({ domain: "a b" }))).toThrow("dns.domain");
    expect((await ask("node1.kindling.lan"))?.answers).toHaveLength(1);
  });

  it("tells once of each name it does not give", async () => {
    bindings.replace([...nodes, "controller 10.77.0.66"]);
    await ask("node1.kindling.lan");
    bindings.replace([...nodes, "controller 10.77.0.66", "node5 10.77.0.15"]);
    await ask("node1.kindling.lan");
    const fields = { reason: "service-name", mac: "52:54:00:77:00:42", address: "10.77.0.66" };
    expect(told("warn")).toMatchObject([{ message: "dns name not given", fields }]);
  });

  it("answers no answer, and outlives a flood of rubbish with one line of log", async () => {
    const reply = Buffer.from(node1);
    reply[2] = 0x80;
    const rubbish = [Buffer.alloc(0), Buffer.alloc(11), reply, Buffer.alloc(500, 0xff)];
    const burst = Array.from({ length: 40 }, () => rubbish).flat(); // fits the receive buffer
    for (let times = 0; times < 20; times += 1) {
      const answers = await askByUdp(lan, [...burst, node1]);
      expect(answers).toMatchObject([{ answers: node1Answer }]);
    }
    expect(told("warn")).toEqual([]);
    clock.step(troubleWindowMs);
    expect(told("warn")).toMatchObject([{ fields: { count: 3_200, peer: "127.0.0.1" } }]);
    expect(told("error")).toEqual([]);
  });

  it("says what is malformed or not implemented", async () => {
    const two = Buffer.from(node1);
    two[5] = 2;
    const notify = Buffer.from(node1);
    notify[2] = 0x20;
    expect(await askByUdp(lan, [two])).toMatchObject([{ rcode: "FORMERR", questions: [] }]);
    expect(await askByUdp(lan, [notify])).toMatchObject([{ rcode: "NOTIMP" }]);
  });
});

describe("by TCP", () => {
  it("answers pipelined queries in order, however they are cut", async () => {
    using client = await TcpClient.connect(lan);
    const queries = Array.from({ length: 100 }, (_, id) =>
      queryBytes(`node${(id % 3) + 1}.kindling.lan`, "A", { id }),
    );
    client.send(queries);
    const answers = await client.answers(100);
    expect(answers.map(({ id }) => id)).toEqual(queries.map((_, id) => id));
    for (const byte of Buffer.concat([Uint8Array.of(0, node1.length), node1])) {
      client.socket.write(Uint8Array.of(byte));
    }
    expect((await client.answers(101))[100]).toMatchObject({ answers: node1Answer });
  });

  it("answers a client that has closed its own half", async () => {
    using client = await TcpClient.connect(lan);
    client.send([node1, node1]);
    client.socket.end();
    await client.closed;
    expect(await client.answers(2)).toMatchObject([{ answers: node1Answer }, {}]);
  });

  it("hangs up on what is no DNS, and on lengths it would have to hoard for", async () => {
    for (const bytes of [Buffer.from("GET / HTTP/1.0\r\n\r\n"), Buffer.from([0, 2, 9, 9])]) {
      using client = await TcpClient.connect(lan);
      client.socket.write(bytes);
      await client.closed;
    }
    clock.step(troubleWindowMs);
    expect(told("warn")).toMatchObject([
      { message: "dns packets malformed", fields: { count: 2 } },
    ]);
    expect(told("error")).toEqual([]);
  });
});

describe("openDnsServer", () => {
  it("binds all or nothing, and says what holds the port", async () => {
    const blocker = createServer().listen(0, "127.1.0.1");
    await once(blocker, "listening");
    const address = blocker.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const listeners = bindings.listeners;
    const inUse = {
      code: "port.in-use",
      message: expect.stringContaining(`TCP 127.1.0.1:${port}`),
    };
    await expect(openAt(port)).rejects.toMatchObject(inUse);
    expect(bindings.listeners).toBe(listeners);
    blocker.close();
    await once(blocker, "close");
    await using second = await openAt(port); // whatever the failed one had bound is free again
    expect(second.locals).toHaveLength(2);
  });

  it("turns clients away until it serves", async () => {
    await using quiet = await open();
    const [first] = locals(quiet);
    using early = await TcpClient.connect(first);
    await early.closed;
    quiet.serve();
    expect(await askByUdp(first, [node1])).toMatchObject([{ answers: node1Answer }]);
  });

  it("ends conversations, timers and its interest in leases when it closes", async () => {
    using client = await TcpClient.connect(lan);
    client.send([node1]);
    await client.answers(1);
    await server[Symbol.asyncDispose]();
    await client.closed;
    await server.done;
    expect(bindings.listeners).toBe(0);
  });
});

function locals(of: DnsServer): [UdpPeer, UdpPeer] {
  const [first, second] = of.locals;
  if (first === undefined || second === undefined) throw new Error("want two interfaces");
  return [first, second];
}
