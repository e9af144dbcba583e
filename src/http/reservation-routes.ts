import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { ErrorTable, KindlingError } from "../errors.ts";
import type { DeskOutcome, LeaseDesk } from "./deps.ts";
import { forOperator } from "./operator.ts";
import { parseWishes } from "./reserve-wish.ts";

/** The largest request: 500 reservations are some 60 KB. */
const bodyBytesLimit = 1 << 20;

/** Reservations and leases, for the operator only. Without DHCP there are none to speak of. */
export function reservationRoutes(desk: LeaseDesk | undefined): FastifyPluginAsync {
  return async (app) => {
    forOperator(app, bodyBytesLimit);
    const open = (): LeaseDesk => {
      if (desk !== undefined) return desk;
      throw new KindlingError("lease.refused", 'dhcp.mode is "off"; there are no leases');
    };
    app.get("/v1/reservations", (_request, reply) =>
      reply.send({ reservations: desk?.list() ?? [] }),
    );
    app.post("/v1/reservations", { bodyLimit: bodyBytesLimit }, (request, reply) => {
      const { wishes, isTrial } = parseWishes(String(request.body ?? ""));
      return reply.send({ results: open().reserve(wishes, isTrial) });
    });
    app.delete("/v1/reservations/:name", (request, reply) =>
      sendOutcome(reply, open().unreserve(nameOf(request))),
    );
    for (const act of ["release", "forget"] as const) {
      app.post(`/v1/leases/:name/${act}`, async (request, reply) =>
        sendOutcome(reply, await open().endLease(act, nameOf(request))),
      );
    }
  };
}

// proven: every route that asks has `:name` in its path
function nameOf({ params }: FastifyRequest): string {
  return (params as { readonly name: string }).name;
}

const Unknown: ReadonlySet<string> = new Set(["unknown-machine", "no-lease"]);

function sendOutcome(reply: FastifyReply, outcome: DeskOutcome): FastifyReply {
  if (outcome.kind === "done") return reply.send(outcome);
  const { reason, message } = outcome;
  return sendError(reply, Unknown.has(reason) ? "lease.unknown" : "lease.refused", message, reason);
}

function sendError(
  reply: FastifyReply,
  code: KindlingError["code"],
  ...[message, reason]: [message: string, reason?: string]
): FastifyReply {
  const error = { code, message, ...(reason !== undefined && { reason }) };
  return reply.code(ErrorTable[code].http).send({ error });
}
