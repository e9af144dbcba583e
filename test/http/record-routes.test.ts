import { fastify } from "fastify";
import { expect, it } from "vitest";
import { KindlingError } from "../../src/errors.ts";
import type { RecordDesk } from "../../src/http/deps.ts";
import { recordRoutes } from "../../src/http/record-routes.ts";

const kept: string[] = [];
const desk: RecordDesk = {
  list: () => new Map([["demo", { domain: "a.b", records: [] }]]),
  put: async (owner, body) => {
    if (body === "") throw new KindlingError("usage.invalid", "text: want JSON");
    kept.push(`${owner} ${body}`);
  },
  remove: async (owner) => owner === "demo",
};

async function ask(method: "GET" | "PUT" | "DELETE", url: string, payload?: string, at = desk) {
  await using app = fastify();
  app.register(recordRoutes(at));
  const answer = await app.inject({ method, url, ...(payload && { payload }) });
  return [answer.statusCode, answer.json()];
}

it("lists, keeps and takes away the records of an owner", async () => {
  expect(await ask("GET", "/v1/records")).toEqual([
    200,
    { owners: { demo: { domain: "a.b", records: [] } } },
  ]);
  expect(await ask("PUT", "/v1/records/demo", "{}")).toEqual([200, { kind: "done" }]);
  expect(kept).toEqual(["demo {}"]);
  expect(await ask("DELETE", "/v1/records/demo")).toEqual([200, { removed: true }]);
  expect(await ask("DELETE", "/v1/records/x")).toEqual([200, { removed: false }]);
});

it("says what is wrong, and that there is no DNS", async () => {
  const code = (one: string) => ({ error: { code: one } });
  expect(await ask("PUT", "/v1/records/demo")).toMatchObject([400, code("usage.invalid")]);
  expect(await ask("PUT", "/v1/records/a%2Fb", "{}")).toMatchObject([400, code("usage.invalid")]);
  await using app = fastify();
  app.register(recordRoutes(undefined));
  const refused = await app.inject({ method: "PUT", url: "/v1/records/demo", payload: "{}" });
  expect([refused.statusCode, refused.json()]).toMatchObject([409, code("record.refused")]);
});
