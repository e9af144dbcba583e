import { fastify } from "fastify";
import { expect, it } from "vitest";
import { KindlingError } from "../../src/errors.ts";
import { forOperator } from "../../src/http/operator.ts";

it.each([
  { name: "a body as text, of any type", payload: "{", want: [200, "{"] },
  { name: "one that is too long", payload: "x".repeat(20), want: [413, undefined] },
  { name: "an error of ours with its code", payload: "bad", want: [400, "usage.invalid"] },
])("gives $name", async ({ payload, want: [status, want] }) => {
  await using app = fastify();
  app.register(async (inner) => {
    forOperator(inner, 10);
    inner.post("/v1/x", async (request, reply) => {
      if (request.body === "bad") throw new KindlingError("usage.invalid", "want better");
      return reply.send(String(request.body));
    });
  });
  const headers = { "content-type": "application/json" };
  const answer = await app.inject({ method: "POST", url: "/v1/x", payload, headers });
  expect(answer.statusCode).toBe(status);
  const told = status === 400 ? answer.json().error.code : answer.body;
  if (want !== undefined) expect(told).toBe(want);
});
