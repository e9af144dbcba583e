import { once } from "node:events";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BootEvent } from "../../src/boot/event.ts";
import { type HttpDeps, type HttpService, openHttpServer } from "../../src/http/server.ts";
import type { EventBus } from "../../src/runtime/event-bus.ts";
import { type Log, silentLog } from "../../src/runtime/log.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseIpv6 } from "../../src/wire/ipv6.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { type HttpRig, openHttpRig, rigFinding } from "../support/http-rig.ts";

const signal = new AbortController().signal;
const mac = parseMac("52:54:00:77:00:10");
let rig: HttpRig;
let service: HttpService;
let lines: Record<string, unknown>[];

beforeEach(async () => {
  rig = await openHttpRig();
  lines = [];
  service = await openHttpServer(httpDeps(), signal);
});
afterEach(async () => {
  await service[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

function httpDeps(extra: Partial<HttpDeps> = {}): HttpDeps {
  const info: Log["info"] = (_message, fields = {}) => lines.push(fields);
  const log = { ...silentLog, info };
  return { ...rig.deps, log, addresses: [parseIpv4("127.0.0.1")], port: 0, ...extra };
}

const socketPath = () => join(rig.folder, "admin.sock");

function adminDeps(): HttpDeps {
  return httpDeps({
    addresses: [],
    admin: {
      socket: socketPath(),
      events: rig.bus,
      leases: () => [{ mac, address: parseIpv4("10.0.0.9"), state: "bound", expires: 5 }],
      status: () => ({
        version: "0.1.0",
        mode: "full",
        interfaces: [{ name: "eth0", address: parseIpv4("10.0.0.1") }],
        ports: { http: 8080 },
        startedAt: 1,
      }),
    },
  });
}

const originOf = (at = 0) => `http://127.0.0.1:${service.ports[at]}`;

/** Sends text as it is and reads until the server closes. */
async function talk(text: string): Promise<string> {
  const socket = connect(service.ports[0] ?? 0, "127.0.0.1");
  socket.write(text);
  let answer = "";
  for await (const chunk of socket.setEncoding("latin1")) answer += chunk;
  return answer;
}

function nextEvent(bus: EventBus, wanted: (event: BootEvent) => boolean): Promise<BootEvent> {
  const found = Promise.withResolvers<BootEvent>();
  const subscription = bus.subscribe((event) => {
    if (!wanted(event)) return;
    subscription[Symbol.dispose]();
    found.resolve(event);
  });
  return found.promise;
}

describe("the door", () => {
  it("takes connections at once and answers them when served", async () => {
    let answered = false;
    const answer = fetch(`${originOf()}/healthz`).then((got) => {
      answered = true;
      return got.text();
    });
    // One that is served, in the same process: after its answers the first had its turns too.
    await using other = await openHttpServer(httpDeps(), signal);
    other.serve();
    for (let round = 0; round < 10; round += 1) {
      await (await fetch(`http://127.0.0.1:${other.ports[0]}/healthz`)).text();
    }
    expect(answered).toBe(false);
    service.serve();
    expect(await answer).toBe("ok\n");
  });

  it("listens on each address", async () => {
    const addresses = [parseIpv4("127.0.0.1"), parseIpv4("127.0.0.2")];
    await using both = await openHttpServer(httpDeps({ addresses }), signal);
    both.serve();
    const got = await fetch(`http://127.0.0.2:${both.ports[1]}/`);
    expect(await got.text()).toBe("matchbox\n");
  });

  it("says which port is held, and binds nothing then", async () => {
    const port = service.ports[0] ?? 0;
    const addresses = [parseIpv4("127.0.0.2"), parseIpv4("127.0.0.1")];
    const opening = openHttpServer(httpDeps({ addresses, port }), signal);
    await expect(opening).rejects.toMatchObject({ code: "port.in-use" });
    const socket = connect(port, "127.0.0.2");
    await expect(once(socket, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("refuses an address that is not of this host", async () => {
    const opening = openHttpServer(httpDeps({ addresses: [parseIpv4("192.0.2.1")] }), signal);
    await expect(opening).rejects.toMatchObject({ code: "port.forbidden" });
  });
});

describe("on the wire", () => {
  beforeEach(() => service.serve());

  const rows = [
    { name: "HTTP/1.0", send: "GET / HTTP/1.0\r\n\r\n", want: /^HTTP\/1.1 200 OK\r\n/ },
    {
      name: "an absolute URL",
      send: "GET http://x:8080/ HTTP/1.0\r\n\r\n",
      want: /200 OK(.|\n|\r)*matchbox\n$/,
    },
    { name: "no Host", send: "GET / HTTP/1.1\r\n\r\n", want: /^HTTP\/1.1 400 / },
    {
      name: "a raw space",
      send: "GET /ipxe?a b HTTP/1.1\r\nHost: x\r\n\r\n",
      want: /^HTTP\/1.1 400 /,
    },
    { name: "a bad escape", send: "GET /%zz HTTP/1.0\r\n\r\n", want: /^HTTP\/1.1 400 / },
    {
      name: "an endless header",
      send: `GET / HTTP/1.1\r\nHost: x\r\nx: ${"y".repeat(20_000)}`,
      want: /^HTTP\/1.1 431 /,
    },
    {
      name: "two requests at once",
      send: "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      want: /matchbox\n(.|\n|\r)*matchbox\n$/,
    },
  ];
  it.each(rows)("answers $name", async ({ send, want }) => {
    expect(await talk(send)).toMatch(want);
  });

  it("always tells the length, above 2 KiB too", async () => {
    await rig.write("groups/g.json", { profile: "p" });
    const args = Array.from({ length: 1000 }, (_, at) => `arg${at}`);
    await rig.write("profiles/p.json", { id: "p", boot: { kernel: "k", args } });
    const answer = await talk("GET /ipxe HTTP/1.0\r\n\r\n");
    const [headers = "", body = ""] = answer.split("\r\n\r\n");
    expect(headers).toContain(`\r\ncontent-length: ${body.length}`);
    expect(headers).not.toMatch(/transfer-encoding/i);
  });

  it("refuses a body above its limit and reads no further", async () => {
    const length = 1 << 20;
    const head = `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;
    expect(await talk(head)).toMatch(/^HTTP\/1.1 413 /);
  });

  it("tells what was sent, by whom, in an event and a line", async () => {
    const seen = nextEvent(rig.bus, ({ kind }) => kind === "http");
    await (await fetch(`${originOf()}/boot.ipxe?mac=${mac}`)).text();
    expect(await seen).toMatchObject({
      mac,
      address: parseIpv4("127.0.0.1"),
      resource: "script",
      path: "/boot.ipxe",
      status: 200,
      bytes: 132,
    });
    expect(lines.at(-1)).toMatchObject({ address: "127.0.0.1", mac, bytes: 132 });
    expect(lines.at(-1)).not.toHaveProperty("aborted");
  });

  it("sends a large file whole, and a client that leaves costs only itself", async () => {
    const size = 64 << 20;
    await rig.write("assets/large", Buffer.alloc(size, 7));
    const seen = nextEvent(rig.bus, ({ kind }) => kind === "http");
    const aborting = httpRequest(`${originOf()}/assets/large`);
    aborting.on("error", () => {});
    aborting.end();
    const [response] = await once(aborting, "response");
    let got = 0;
    for await (const part of response) {
      got += part.length;
      if (got > size / 4) break; // which leaves
    }
    const event = await seen;
    expect(event).toMatchObject({ resource: "asset", status: 200 });
    expect(event.kind === "http" && event.bytes < size && event.bytes >= got).toBe(true);
    expect(lines.at(-1)).toMatchObject({ aborted: true, address: "127.0.0.1" });
    const whole = await (await fetch(`${originOf()}/assets/large`)).arrayBuffer();
    expect(whole.byteLength).toBe(size);
  });

  it("ends the connection when a file shrinks while it is sent", async () => {
    const size = 64 << 20;
    await rig.write("assets/shrinking", Buffer.alloc(size));
    // Sooner than the server's time-outs, which would end the connection for another reason.
    const soon = AbortSignal.timeout(5_000);
    const got = await fetch(`${originOf()}/assets/shrinking`, { signal: soon });
    await writeFile(join(rig.folder, "assets/shrinking"), "short");
    await expect(got.arrayBuffer()).rejects.toThrow("terminated");
  });
});

describe("the admin socket", () => {
  /** A request over the Unix socket; the response's own stream is the body. */
  async function ask(path: string, headers = {}) {
    const asking = httpRequest({ socketPath: socketPath(), path, headers });
    asking.end();
    const [response] = await once(asking, "response");
    // node:events types no arguments; of "response" the first is an IncomingMessage.
    return response as AsyncIterable<Buffer> & { statusCode: number; destroy(): void };
  }

  async function textOf(response: AsyncIterable<Buffer>): Promise<string> {
    let text = "";
    for await (const part of response) text += part;
    return text;
  }

  async function json(path: string): Promise<unknown> {
    return JSON.parse(await textOf(await ask(path)));
  }

  /** What a daemon leaves that was killed: a socket file that nobody listens on. */
  async function leaveSocketBehind(path: string): Promise<void> {
    const server = createServer().listen(`${path}.first`);
    await once(server, "listening");
    await rename(`${path}.first`, path);
    server.close();
    await once(server, "close");
  }

  let admin: HttpService;
  beforeEach(async () => {
    await leaveSocketBehind(socketPath());
    admin = await openHttpServer(adminDeps(), signal);
    admin.serve();
  });
  afterEach(() => admin[Symbol.asyncDispose]());

  it("is for owner and group only, and not to be taken twice", async () => {
    expect((await stat(socketPath())).mode & 0o777).toBe(0o660);
    await expect(openHttpServer(adminDeps(), signal)).rejects.toMatchObject({
      code: "port.in-use",
    });
  });

  it("never takes the place of a file that is no socket", async () => {
    await admin[Symbol.asyncDispose]();
    await writeFile(socketPath(), "somebody's");
    await expect(openHttpServer(adminDeps(), signal)).rejects.toMatchObject({
      code: "port.in-use",
    });
    expect(await readFile(socketPath(), "utf8")).toBe("somebody's");
  });

  it("shows leases and status with addresses as text", async () => {
    expect(await json("/v1/leases")).toEqual({
      leases: [{ mac, address: "10.0.0.9", state: "bound", expires: 5 }],
    });
    expect(await json("/v1/status")).toMatchObject({
      version: "0.1.0",
      interfaces: [{ name: "eth0", address: "10.0.0.1" }],
      uptimeMs: expect.any(Number),
    });
    expect(await json("/v1/findings")).toEqual({ findings: [rigFinding] });
    expect((await ask("/boot.ipxe")).statusCode).toBe(200);
  });

  it("is not open to machines", async () => {
    service.serve();
    expect((await fetch(`${originOf()}/v1/leases`)).status).toBe(404);
  });

  it("streams events, replayed from an id on, then live", async () => {
    rig.bus.publish({ kind: "report", stage: "one" });
    rig.bus.publish({ kind: "report", stage: "two", address: parseIpv4("10.0.0.9") });
    const response = await ask("/v1/events?since=0");
    const texts = response[Symbol.asyncIterator]();
    let text = "";
    const readUntil = async (word: string) => {
      while (!text.includes(word)) text += String((await texts.next()).value);
    };
    await readUntil("two");
    expect(text).toMatch(/id: \d+\.\d+\nevent: report\ndata: \{.*"stage":"one".*\}\n\n/);
    expect(text).toContain('"address":"10.0.0.9"');
    rig.bus.publish({ kind: "report", stage: "three" });
    await readUntil("three");
    const [, second = ""] = [...text.matchAll(/id: (.*)/g)].map(([, id]) => id);
    response.destroy();
    const resumed = await ask("/v1/events", { "last-event-id": second });
    const again = resumed[Symbol.asyncIterator]();
    let rest = "";
    while (!rest.includes("three")) rest += String((await again.next()).value);
    expect(rest).not.toContain('"one"');
    expect(rest).not.toContain('"two"');
    resumed.destroy();
  });

  it("refuses a since that is neither time nor id", async () => {
    expect((await ask("/v1/events?since=yesterday")).statusCode).toBe(400);
  });

  it("ends open streams when it closes", async () => {
    const response = await ask("/v1/events");
    await admin[Symbol.asyncDispose]();
    expect(await textOf(response)).toContain("kindling");
  });
});

it("gives one peer half of the connections, and says so once", async () => {
  const told: unknown[] = [];
  const log: Log = {
    ...silentLog,
    warn: (message, fields) => void told.push({ message, ...fields }),
  };
  const few = await openHttpServer(httpDeps({ maxConnections: 8, log }), signal);
  few.serve();
  const open = (localAddress: string) =>
    connect({ port: few.ports[0] ?? 0, host: "127.0.0.1", localAddress }).on("error", () => {});
  const crowd = Array.from({ length: 7 }, () => open("127.0.0.2"));
  const closed = crowd.map((socket) => once(socket.resume(), "close"));
  await Promise.all([Promise.race(closed), ...crowd.map((socket) => once(socket, "connect"))]);
  const other = open("127.0.0.3");
  other.write("GET /healthz HTTP/1.1\r\nHost: k\r\nConnection: close\r\n\r\n");
  expect(String((await once(other, "data"))[0])).toContain("200 OK");
  expect(told).toMatchObject([{ message: "http connections turned away", peer: "127.0.0.2" }]);
  for (const socket of crowd) socket.destroy();
  await few[Symbol.asyncDispose]();
});

it("serves who comes by IPv6, and tells it so", async () => {
  const six = await openHttpServer(httpDeps({ addresses: [parseIpv6("::1")] }), signal);
  six.serve();
  const answer = await fetch(`http://[::1]:${six.ports[0]}/boot.ipxe`);
  expect(await answer.text()).toContain("chain ipxe?");
  await six[Symbol.asyncDispose]();
  expect(rig.bus.recent().at(-1)).toMatchObject({ kind: "http", address: "::1" });
});
