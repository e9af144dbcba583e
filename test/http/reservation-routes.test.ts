import { fastify } from "fastify";
import { describe, expect, it } from "vitest";
import type { DeskOutcome, LeaseDesk } from "../../src/http/deps.ts";
import { reservationRoutes } from "../../src/http/reservation-routes.ts";

const refusal = (reason: string): DeskOutcome => ({ kind: "refused", reason, message: reason });
const done: DeskOutcome = { kind: "done", row: { address: "10.77.0.9" }, notes: ["a note"] };
const desk: LeaseDesk = {
  list: () => [{ mac: "52:54:00:77:00:10" }],
  reserve: (wishes, isTrial) => wishes.map(({ machine }) => refusal(`${machine} ${isTrial}`)),
  unreserve: (name) => refusal(name === "a b" ? "unknown-machine" : "in-config"),
  endLease: async (act, name) => (act === "release" ? done : refusal(`not-declined ${name}`)),
};

const body = JSON.stringify({ reservations: [{ machine: "a" }], dryRun: true });
const error = (code: string, reason: string) => ({ error: { code, message: reason, reason } });

describe("the routes of reservations", () => {
  it.each([
    ["GET", "/v1/reservations", 200, { reservations: [{ mac: "52:54:00:77:00:10" }] }],
    ["POST", "/v1/reservations", 200, { results: [refusal("a true")] }],
    ["DELETE", "/v1/reservations/a%20b", 404, error("lease.unknown", "unknown-machine")],
    ["DELETE", "/v1/reservations/b", 409, error("lease.refused", "in-config")],
    ["POST", "/v1/leases/10.77.0.9/release", 200, done],
    ["POST", "/v1/leases/x/forget", 409, error("lease.refused", "not-declined x")],
  ] as const)("%s %s: %d", async (method, url, status, want) => {
    await using app = fastify();
    app.register(reservationRoutes(desk));
    const payload = url === "/v1/reservations" && method === "POST" ? { payload: body } : {};
    const answer = await app.inject({ method, url, ...payload });
    expect([answer.statusCode, answer.json()]).toEqual([status, want]);
  });

  it("tell what is wrong with a body, and that there is no DHCP", async () => {
    await using app = fastify();
    app.register(reservationRoutes(undefined));
    const post = async (payload: string) =>
      (await app.inject({ method: "POST", url: "/v1/reservations", payload })).json();
    expect(await post("{")).toMatchObject({ error: { code: "usage.invalid" } });
    expect(await post(body)).toMatchObject({ error: { code: "lease.refused" } });
  });
});
