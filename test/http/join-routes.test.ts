import { fastify } from "fastify";
import { expect, it } from "vitest";
import { KindlingError } from "../../src/errors.ts";
import { joinRoutes } from "../../src/http/join-routes.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";

const ticket = {
  ...{ cluster: "demo", node: "node1", macs: [parseMac("525400770010")], expires: 5 },
  ...{ address: parseIpv4("10.77.0.21") },
  files: [{ path: "/k", mode: 0o600, text: "secret" }],
};
const desk = {
  about: async () => ({ authority: "PEM", urls: ["https://10.77.0.1:8444/v1/join"] }),
  put: async () => {
    throw new KindlingError("join-store.unusable", "no space");
  },
  list: async () => new Map([["ab", ticket]]),
  remove: async (cluster: string, node = "") => cluster.length + node.length,
};
const { files: _secret, ...shown } = ticket;

it.each([
  [
    "GET",
    "/v1/join",
    200,
    { tickets: [{ token: "ab", ...shown, address: "10.77.0.21", files: 1 }] },
  ],
  ["POST", "/v1/join/open", 200, await desk.about()],
  ["DELETE", "/v1/join/demo", 200, { removed: 4 }],
  ["DELETE", "/v1/join/demo/w1", 200, { removed: 6 }],
  ["POST", "/v1/join", 500, { error: { code: "join-store.unusable", message: "no space" } }],
] as const)("%s %s: %d", async (method, url, status, want) => {
  await using app = fastify();
  app.register(joinRoutes(desk));
  const payload = url === "/v1/join" && method === "POST" ? { payload: '{"tickets":[]}' } : {};
  const answer = await app.inject({ method, url, ...payload });
  expect([answer.statusCode, answer.json()]).toEqual([status, want]);
});
