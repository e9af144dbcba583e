import type { FastifyPluginAsync } from "fastify";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { JoinDesk } from "./deps.ts";
import { forOperator } from "./operator.ts";

/** The largest request: a bundle of 64 machines is some 2 MB. */
const bodyBytesLimit = 16 << 20;

/** Join tickets, for the operator only; their secrets go in and never come out here. */
export function joinRoutes(desk: JoinDesk): FastifyPluginAsync {
  return async (app) => {
    forOperator(app, bodyBytesLimit);
    app.get("/v1/join", async (_request, reply) => {
      const tickets = await desk.list();
      const rows = [...tickets].map(([token, { files, address, ...row }]) => {
        return { token, ...row, address: formatIpv4(address), files: files.length };
      });
      return reply.send({ tickets: rows });
    });
    app.post("/v1/join/open", async (_request, reply) => reply.send(await desk.about()));
    app.post("/v1/join", { bodyLimit: bodyBytesLimit }, async (request, reply) => {
      return reply.send({ kept: await desk.put(String(request.body ?? "")) });
    });
    app.delete("/v1/join/:cluster/:node?", async (request, reply) => {
      // proven: the route has these in its path, the second if it is given
      const { cluster, node } = request.params as { readonly cluster: string; node?: string };
      return reply.send({ removed: await desk.remove(cluster, node) });
    });
  };
}
