import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { KindlingError } from "../errors.ts";
import type { RecordDesk } from "./deps.ts";
import { forOperator } from "./operator.ts";

/** The largest request: the names of a thousand machines are some 100 KB. */
const bodyBytesLimit = 4 << 20;

/** DNS records beside those of the settings, for the operator only. Without DNS there are none. */
export function recordRoutes(desk: RecordDesk | undefined): FastifyPluginAsync {
  return async (app) => {
    forOperator(app, bodyBytesLimit);
    const open = (): RecordDesk => {
      if (desk !== undefined) return desk;
      throw new KindlingError("record.refused", "dns.enabled is false; there are no records");
    };
    app.get("/v1/records", (_request, reply) => {
      return reply.send({ owners: Object.fromEntries(desk?.list() ?? []) });
    });
    app.put("/v1/records/:owner", { bodyLimit: bodyBytesLimit }, async (request, reply) => {
      await open().put(ownerOf(request), String(request.body ?? ""));
      return reply.send({ kind: "done" });
    });
    app.delete("/v1/records/:owner", async (request, reply) => {
      return reply.send({ removed: await open().remove(ownerOf(request)) });
    });
  };
}

function ownerOf({ params }: FastifyRequest): string {
  // proven: both routes that ask have `:owner` in their path
  const { owner } = params as { readonly owner: string };
  if (/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/.test(owner)) return owner;
  throw new KindlingError("usage.invalid", `want a name for whose the records are, got "${owner}"`);
}
