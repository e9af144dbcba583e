import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, expect, it } from "vitest";
import { probeEgress } from "../../../src/assets/oci/egress-probe.ts";
import { makeAuthority, makeLeaves } from "../../../src/rpc/credential-set.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { FakeClock } from "../../support/fake-clock.ts";

let servers: Server[] = [];
afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port; // proven: it listens on TCP
}

const look = (url: string) => probeEgress({ url, clock: systemClock, stepMs: 10_000 });

it("reaches a registry that answers", async () => {
  const port = await portOf(createHttpServer((_, response) => response.writeHead(401).end()));
  expect(await look(`http://127.0.0.1:${port}/v2/`)).toMatchObject({
    kind: "answers",
    status: 401,
  });
});

it("stops at a name that nobody knows", async () => {
  expect(await look("http://nowhere.invalid/v2/")).toMatchObject({ kind: "no-name" });
});

it("stops where nobody listens", async () => {
  const server = createServer();
  const port = await portOf(server);
  server.close();
  await once(server, "close");
  expect(await look(`http://127.0.0.1:${port}/v2/`)).toEqual({
    kind: "no-connection",
    address: `127.0.0.1, port ${port}`,
    why: "ECONNREFUSED",
  });
});

it("stops at who ends the connection", async () => {
  const port = await portOf(createServer((socket) => socket.end()));
  expect(await look(`http://127.0.0.1:${port}/v2/`)).toMatchObject({ kind: "no-answer" });
  expect(await look(`https://127.0.0.1:${port}/v2/`)).toMatchObject({ kind: "no-tls" });
});

it("stops at who shows a certificate of its own making", async () => {
  const now = Date.now();
  const names = ["127.0.0.1"];
  const { server } = await makeLeaves(await makeAuthority(now), { names, now, days: 1 });
  const port = await portOf(createTlsServer({ cert: server.cert, key: server.key }));
  expect(await look(`https://127.0.0.1:${port}/v2/`)).toEqual({
    kind: "no-tls",
    why: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  });
});

it("stops at who says nothing", async () => {
  const clock = new FakeClock();
  const accepted = Promise.withResolvers<void>();
  // It reads the question, and its end; the look closes the connection.
  const port = await portOf(
    createServer((socket) => {
      socket.on("data", () => accepted.resolve());
    }),
  );
  const looking = probeEgress({ url: `http://127.0.0.1:${port}/v2/`, clock, stepMs: 5_000 });
  await accepted.promise;
  clock.step(5_000);
  expect(await looking).toEqual({ kind: "no-answer", why: "silent" });
});
