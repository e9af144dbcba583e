import type { FastifyInstance } from "fastify";
import { ErrorTable, KindlingError } from "../errors.ts";

/** What routes for the operator have alike: bodies are text of so many bytes, errors of ours have their codes. */
export function forOperator(app: FastifyInstance, bodyLimit: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string", bodyLimit }, (_request, body, done) =>
    done(null, body),
  );
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof KindlingError)) throw error; // for the handler of all routes
    const { code, message } = error;
    return reply.code(ErrorTable[code].http).send({ error: { code, message } });
  });
}
