import type { FastifyReply } from "fastify";

const plainText = "text/plain; charset=utf-8";

/** A text body as it stands, for clients that read it as plain text. */
export function sendText(reply: FastifyReply, body: string, status = 200): FastifyReply {
  return reply.code(status).header("content-type", plainText).send(Buffer.from(body));
}

/** The one error every machine route gives: firmware shows the status and little else. */
export function sendNotFound(reply: FastifyReply): FastifyReply {
  return sendText(reply.header("x-content-type-options", "nosniff"), "404 page not found\n", 404);
}
