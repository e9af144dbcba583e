import type { FastifyPluginAsync } from "fastify";
import { ErrorTable, KindlingError } from "../errors.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { JoinServer } from "./join-server.ts";
import { parseTicketWishes } from "./join-ticket.ts";

/** The largest request: a bundle of 64 machines is some 2 MB. */
const bodyBytesLimit = 16 << 20;

/** Join tickets, for the operator only; their secrets go in and never come out here. */
export function joinRoutes(desk: Pick<JoinServer, "about" | "put" | "list" | "remove">) {
  const routes: FastifyPluginAsync = async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      "*",
      { parseAs: "string", bodyLimit: bodyBytesLimit },
      (_request, body, done) => done(null, body),
    );
    app.setErrorHandler((error, _request, reply) => {
      if (!(error instanceof KindlingError)) throw error; // for the handler of all routes
      const { code, message } = error;
      return reply.code(ErrorTable[code].http).send({ error: { code, message } });
    });
    app.get("/v1/join", async (_request, reply) => {
      const tickets = await desk.list();
      const rows = tickets.map(({ files, address, ...row }) => {
        return { ...row, address: formatIpv4(address), files: files.length };
      });
      return reply.send({ tickets: rows });
    });
    app.post("/v1/join/open", async (_request, reply) => reply.send(await desk.about()));
    app.post("/v1/join", { bodyLimit: bodyBytesLimit }, async (request, reply) => {
      const wishes = parseTicketWishes(String(request.body ?? ""));
      await desk.put(wishes);
      return reply.send({ kept: wishes.length });
    });
    app.delete("/v1/join/:cluster", async (request, reply) => {
      // proven: the route has `:cluster` in its path
      const { cluster } = request.params as { readonly cluster: string };
      return reply.send({ removed: await desk.remove(cluster) });
    });
  };
  return routes;
}
