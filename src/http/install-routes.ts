import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { KindlingError, WireError } from "../errors.ts";
import { parseMac } from "../wire/mac.ts";
import type { AnswerDeps } from "./deps.ts";
import { forOperator } from "./operator.ts";

/** None is read. */
const bodyBytesLimit = 1024;

/** Installations that happen once, for the operator only: who is how far, and who shall have another. */
export function installRoutes({ installs }: AnswerDeps): FastifyPluginAsync {
  return async (app) => {
    forOperator(app, bodyBytesLimit);
    app.get("/v1/installs", (_request, reply) => {
      const rows = [...(installs?.book.list() ?? [])];
      return reply.send({ installs: rows.map(([mac, install]) => ({ mac, ...install })) });
    });
    app.delete("/v1/installs/:mac", async (request, reply) => {
      const mac = macOf(request);
      if (await installs?.book.forget(mac)) return reply.send({ kind: "done", mac });
      throw new KindlingError("install.unknown", `no installation of ${mac} is known`, { mac });
    });
  };
}

function macOf({ params }: FastifyRequest) {
  // proven: both routes that ask have `:mac` in their path
  const { mac } = params as { readonly mac: string };
  try {
    return parseMac(mac);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new KindlingError("usage.invalid", error.message, { mac });
  }
}
