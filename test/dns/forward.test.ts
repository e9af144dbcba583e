import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { type Answer, decode, encode } from "dns-packet";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openForwarder, tryMs } from "../../src/dns/forward.ts";
import type { Forwarder } from "../../src/dns/responder.ts";
import { KindlingError } from "../../src/errors.ts";
import { FindingBoard } from "../../src/runtime/finding-board.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { openUdp, type UdpSocket } from "../../src/runtime/udp.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { queryOf, readAnswer } from "../support/dns.ts";
import { FakeClock } from "../support/fake-clock.ts";

const [first, second] = [parseIpv4("127.0.0.1"), parseIpv4("127.0.0.2")];
const interfaces = [{ address: parseIpv4("127.0.0.9"), subnet: parseSubnet("127.0.0.0/24") }];
type Say = (question: { name: string }) => Partial<Parameters<typeof encode>[0]> | undefined;
const address = (data: string): Answer => ({ type: "A", name: "www.example.org", ttl: 60, data });

let clock: FakeClock;
let sockets: UdpSocket[];
let asked: string[];
let say: Say[];
let tcp: Server;
let findings: FindingBoard;
let forwarder: Forwarder & Disposable;
let port: number;

// Two name servers on one port, as on port 53: each answers as `say` tells it, or not at all.
beforeEach(async () => {
  clock = new FakeClock(1_000_000);
  asked = [];
  say = [() => ({ answers: [address("192.0.2.1")] }), () => ({ answers: [address("192.0.2.2")] })];
  tcp = createServer((socket) =>
    socket.on("data", (bytes) => {
      say[0] = () => ({ answers: [address("192.0.2.9")] });
      const answer = answerTo(bytes.subarray(2), 0) ?? Buffer.alloc(0);
      socket.end(Buffer.concat([Buffer.from([0, answer.length]), answer]));
    }),
  );
  sockets = await openOnePort(tcp);
  port = sockets[0]?.local.port ?? 0;
  for (const [at, socket] of sockets.entries()) {
    socket.receive((bytes, from) => {
      const answer = answerTo(bytes, at);
      if (answer !== undefined) socket.send(answer, from);
    });
  }
  findings = new FindingBoard(() => {});
  forwarder = open({});
});

afterEach(async () => {
  forwarder[Symbol.dispose]();
  tcp.close();
  for (const socket of sockets) await socket[Symbol.asyncDispose]();
});

/** TCP and UDP on one port of the kernel's choice. Another test may have its other half: then the next one. */
async function openOnePort(server: Server): Promise<UdpSocket[]> {
  for (;;) {
    const one = await openUdp({ address: first, port: 0 });
    const { port: chosen } = one.local;
    const opened = [one];
    try {
      opened.push(await openUdp({ address: second, port: chosen }));
      const listening = once(server, "listening");
      server.listen(chosen, "127.0.0.1");
      await listening;
      return opened;
    } catch (error) {
      if (!isTaken(error)) throw error;
      for (const socket of opened) await socket[Symbol.asyncDispose]();
    }
  }
}

function isTaken(error: unknown): boolean {
  if (error instanceof KindlingError) return error.code === "port.in-use";
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

const open = (changes: { rebindProtection?: boolean }, upstreams = [first, second]) =>
  openForwarder({
    forward: { upstreams, clients: [], rebindProtection: false, ...changes },
    ...{ interfaces, clock, findings, log: silentLog, upstreamPort: port },
  });

function answerTo(bytes: Uint8Array, at: number): Buffer | undefined {
  const { id = 0, questions = [] } = decode(Buffer.from(bytes));
  const [question] = questions;
  if (question === undefined) return undefined;
  asked.push(`${at} ${question.name}`);
  const told = say[at]?.(question);
  return told && encode({ type: "response", id, questions, ...told });
}

const ask = (name = "www.example.org") =>
  new Promise<{ reason: string } & ReturnType<typeof readAnswer>>((resolve) => {
    const message = queryOf(name);
    if (message.kind !== "query") throw new Error("no query");
    forwarder.ask(message, 1232, ({ bytes, reason }) => resolve({ ...readAnswer(bytes), reason }));
  });
// Lets a try that is under way run out, whenever its timer is set.
const timeOut = async (tries: number) => {
  for (let at = 0; at < tries; at += 1) {
    await expect.poll(() => asked.length).toBeGreaterThan(at);
    clock.step(tryMs);
  }
};

it("asks once for many who ask the same, and then answers out of its memory", async () => {
  const all = await Promise.all([ask(), ask(), ask()]);
  expect(all.map(({ answers }) => answers)).toEqual(Array(3).fill(["www.example.org A 192.0.2.1"]));
  expect(asked.map((it) => it.toLowerCase())).toEqual(["0 www.example.org"]);
  expect(await ask()).toMatchObject({ reason: "cached", recursionAvailable: true });
  clock.step(60_000);
  expect(await ask()).toMatchObject({ reason: "forwarded" });
  expect(asked).toHaveLength(2);
});

it("mixes the letters of what it asks, and gives the client its own", async () => {
  for (let at = 0; at < 5; at += 1) await ask(`host${at}.example.org`);
  expect(asked.some((it) => it !== it.toLowerCase())).toBe(true);
  expect((await ask()).questions).toEqual(["www.example.org A"]);
});

it("asks the next server where one is silent or cannot tell, and stays with who answered", async () => {
  say[0] = () => undefined;
  const answer = ask();
  await timeOut(1);
  expect(await answer).toMatchObject({ answers: ["www.example.org A 192.0.2.2"] });
  await ask("other.example.org");
  expect(asked.map((it) => it[0])).toEqual(["0", "1", "1"]);
  say[1] = () => ({ flags: 2 });
  say[0] = () => ({ answers: [address("192.0.2.1")] });
  expect(await ask("third.example.org")).toMatchObject({ rcode: "NOERROR" });
});

it("gives up with SERVFAIL before a C library does", async () => {
  say = [() => ({ flags: 5 }), () => ({ flags: 2 })];
  expect(await ask()).toMatchObject({ rcode: "SERVFAIL", reason: "upstreams-failed" });
  expect(asked).toHaveLength(4);
});

it("comes by TCP for an answer that is truncated", async () => {
  say[0] = () => ({ flags: 0x200 });
  expect(await ask()).toMatchObject({ answers: ["www.example.org A 192.0.2.9"] });
});

it("comes by TCP where a server does not repeat its letters, which a forger cannot", async () => {
  say[0] = () => ({ questions: [{ name: "wWw.eXaMpLe.oRg", type: "A" }] });
  expect(await ask()).toMatchObject({ answers: ["www.example.org A 192.0.2.9"] });
});

it("refuses what points inside, where it is told to", async () => {
  say[0] = () => ({ answers: [address("192.168.0.1")] });
  expect(await ask()).toMatchObject({ rcode: "NOERROR" });
  forwarder = open({ rebindProtection: true });
  expect(await ask()).toMatchObject({ rcode: "REFUSED", reason: "private-answer" });
});

it("never asks itself, and says so", async () => {
  forwarder = open({}, [parseIpv4("127.0.0.9")]);
  expect(findings.list()).toMatchObject([{ code: "dns.upstream-is-us", subject: "127.0.0.9" }]);
  expect(await ask()).toMatchObject({ rcode: "SERVFAIL" });
  expect(asked).toEqual([]);
});
