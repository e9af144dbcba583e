import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DnsTcpListener, idleMs, openDnsTcp, peerConnectionLimit } from "../../src/dns/tcp.ts";
import { openUdp, type UdpPeer } from "../../src/runtime/udp.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { queryBytes } from "../support/dns.ts";
import { TcpClient } from "../support/dns-client.ts";
import { FakeClock } from "../support/fake-clock.ts";

const address = parseIpv4("127.0.0.1");
const query = queryBytes("node1.kindling.lan");
const tooMany = 2_000;

let clock: FakeClock;
let timers: number;
let asked: number;
let answerSize: number;
let errors: Error[];
let turnedAway: (string | undefined)[];
let listener: DnsTcpListener;
let local: UdpPeer;
let onAsked: () => void;

beforeEach(async () => {
  clock = new FakeClock();
  timers = 0;
  asked = 0;
  answerSize = query.length;
  errors = [];
  turnedAway = [];
  onAsked = () => {};
  const after = (ms: number, task: () => void): Disposable => {
    const timer = clock.after(ms, task);
    timers += 1;
    return {
      [Symbol.dispose]: () => {
        timers -= 1;
        timer[Symbol.dispose]();
      },
    };
  };
  const port = await freePort();
  listener = await openDnsTcp({
    address,
    port,
    clock: { now: clock.now, after },
    // The query itself, padded: these tests are about the conversation, not about what is said.
    answer: (bytes, _, reply) => {
      asked += 1;
      onAsked();
      reply([Buffer.concat([bytes, Buffer.alloc(answerSize - bytes.length)])]);
    },
    onError: (error) => errors.push(error),
    onTurnedAway: (peer) => turnedAway.push(peer),
  });
  listener.serve();
  local = { address, port };
});

afterEach(() => listener[Symbol.asyncDispose]());

describe("a TCP conversation", () => {
  it("ends when no whole query came for the idle limit, whatever else drips in", async () => {
    using client = await TcpClient.connect(local);
    client.send([query]);
    await client.answers(1);
    for (const count of [2, 3]) {
      clock.step(idleMs - 1);
      client.send([query]); // a whole query buys another ten seconds
      await client.answers(count);
    }
    clock.step(idleMs - 1);
    client.socket.write(query.subarray(0, 9));
    await roundTrip(); // the bytes have arrived by the time a later conversation was served
    clock.step(1);
    await client.closed;
  });

  it("waits while its answers are not taken, and goes on when they are", async () => {
    using client = await TcpClient.connect(local);
    await sendTooMany(client);
    expect(asked).toBeLessThan(tooMany);
    client.socket.resume();
    expect(await client.answers(tooMany)).toHaveLength(tooMany);
  });

  it("ends when its answers are never taken", async () => {
    using client = await TcpClient.connect(local);
    await sendTooMany(client);
    clock.step(idleMs);
    client.socket.resume();
    await client.closed;
  });

  it("ends with what went wrong in it, and only it", async () => {
    onAsked = () => {
      onAsked = () => {};
      throw new TypeError("a bug");
    };
    using unlucky = await TcpClient.connect(local);
    unlucky.send([query]);
    await unlucky.closed;
    await roundTrip();
    expect(errors).toMatchObject([{ name: "TypeError" }]);
  });

  it("is one of so many for each peer, each of which makes room when it ends", async () => {
    const clients: TcpClient[] = [];
    for (let at = 0; at < peerConnectionLimit; at += 1) {
      const client = await TcpClient.connect(local);
      client.send([query]);
      await client.answers(1);
      clients.push(client);
    }
    using late = await TcpClient.connect(local);
    await late.closed;
    expect(timers).toBe(peerConnectionLimit);
    expect(turnedAway).toEqual(["127.0.0.1"]);
    for (const client of clients) client.socket.end();
    await Promise.all(clients.map(({ closed }) => closed));
    while (timers > 0) await new Promise(setImmediate); // the server's ends close a turn later
    await roundTrip();
  });

  it("leaves no timer behind", async () => {
    for (let at = 0; at < 3; at += 1) await roundTrip();
    await listener[Symbol.asyncDispose]();
    while (timers > 0) await new Promise(setImmediate); // or the test's time runs out
  });
});

/** Sends more queries than the kernel has room for answers to, and waits until nothing moves. */
async function sendTooMany(client: TcpClient): Promise<void> {
  answerSize = 16_000; // 2000 of them are 32 MB
  client.socket.pause();
  client.send(Array.from({ length: tooMany }, () => query));
  for (let stillTurns = 0; stillTurns < 5; ) {
    const before = asked;
    await roundTrip();
    stillTurns = asked > 10 && asked === before + 1 ? stillTurns + 1 : 0;
  }
}

async function roundTrip(): Promise<void> {
  using client = await TcpClient.connect(local);
  client.send([query]);
  await client.answers(1);
  client.socket.end();
  await client.closed;
}

async function freePort(): Promise<number> {
  await using udp = await openUdp({ address, port: 0 });
  return udp.local.port;
}
