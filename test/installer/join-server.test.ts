import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Finding } from "../../src/boot/finding.ts";
import { JoinServer } from "../../src/installer/join-server.ts";
import { parseTicketWishes } from "../../src/installer/join-ticket.ts";
import { durableDisk } from "../../src/runtime/durable-file.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { FakeClock } from "../support/fake-clock.ts";

const token = "one-token-of-32-characters-or-so";
const mac = parseMac("52:54:00:77:00:10");
let folder: string;
let server: JoinServer;
let findings: Finding[];
let reports: string[];
const clock = new FakeClock(Date.UTC(2026, 10, 30));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-join-"));
  findings = [];
  reports = [];
  server = openServer();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function openServer(): JoinServer {
  return new JoinServer({
    addresses: [parseIpv4("127.0.0.1")],
    port: 0,
    folder: join(folder, "join"),
    disk: durableDisk,
    clock,
    log: silentLog,
    publish: (fact) => {
      if (fact.kind === "report") reports.push(`${fact.mac} ${fact.stage}`);
    },
    findings: { raise: (finding) => findings.push(finding), clear: () => {} },
    machineAt: () => undefined,
  });
}

function ticket(odd: object = {}) {
  const hash = createHash("sha256").update(token).digest("hex");
  const files = [{ path: "/etc/kindling/secret", mode: 0o600, text: "the bundle" }];
  const row = {
    token: hash,
    cluster: "demo",
    node: "node1",
    macs: [mac],
    address: "127.0.0.1",
    files,
  };
  const body = { tickets: [{ ...row, expires: clock.now() + 60_000, ...odd }] };
  return parseTicketWishes(JSON.stringify(body));
}

/** As curl would: trusts the authority alone. */
async function fetchBundle({ bearer = token, method = "POST", path = "" } = {}) {
  const { authority, urls } = await server.about();
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const headers = { authorization: `Bearer ${bearer}` };
  const asking = request(`${urls[0]}${path}`, { ca: authority, method, headers }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("end", () => {
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
    });
  });
  asking.on("error", reject);
  asking.end();
  return await promise;
}

describe("JoinServer", () => {
  it("gives a bundle once, and says so when it is asked for again", async () => {
    await server.put(ticket());
    const first = await fetchBundle();
    expect([first.status, first.text.includes("the bundle")]).toEqual([200, true]);
    const second = await fetchBundle();
    expect(second).toEqual({
      status: 410,
      text: "the token of node1 was used before: replace the node if that was not you\n",
    });
    expect(findings).toMatchObject([{ code: "cluster.join-refused", subject: "demo/node1", mac }]);
    expect(reports).toEqual([`${mac} joined`]);
  });

  it("gives one bundle to two that come at once", async () => {
    await server.put(ticket());
    const both = await Promise.all([fetchBundle(), fetchBundle()]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 410]);
  });

  it("remembers through a restart what was used, and what was not", async () => {
    await server.put(ticket());
    const { authority } = await server.about();
    await server[Symbol.asyncDispose]();
    server = openServer();
    expect((await server.about()).authority).toBe(authority);
    expect((await fetchBundle()).status).toBe(200);
    await server[Symbol.asyncDispose]();
    server = openServer();
    expect((await fetchBundle()).status).toBe(410);
  });

  it.each([
    {
      name: "a guess",
      odd: {},
      ask: { bearer: "another-token-of-some-length" },
      status: 401,
      told: 0,
    },
    { name: "no token", odd: {}, ask: { bearer: "" }, status: 401, told: 0 },
    { name: "another address", odd: { address: "127.0.0.2" }, ask: {}, status: 403, told: 1 },
    { name: "a late one", odd: { expires: 5 }, ask: {}, status: 410, told: 0 },
    { name: "a GET", odd: {}, ask: { method: "GET" }, status: 405, told: 0 },
    { name: "another path", odd: {}, ask: { path: "/x" }, status: 404, told: 0 },
  ])("refuses $name with $status", async ({ odd, ask, status, told }) => {
    await server.put(ticket(odd));
    expect((await fetchBundle(ask)).status).toBe(status);
    expect(findings.length).toBe(told);
    expect(reports).toEqual([]);
  });

  it("takes the tickets of a cluster away", async () => {
    await server.put(ticket());
    expect([...(await server.list()).values()]).toMatchObject([{ node: "node1" }]);
    expect(await server.remove("demo")).toBe(1);
    expect((await fetchBundle()).status).toBe(401);
  });
});
