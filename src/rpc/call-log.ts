import { Code, ConnectError, createContextKey, type Interceptor } from "@connectrpc/connect";
import { WireError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { unknown } from "./failure.ts";

/** Who calls, as its certificate says. */
export const clientName = createContextKey("", { description: "client name" });

/**
 * Tells what parsers throw as the API does, and writes one line a call: what a client got wrong is
 * part of it, a bug of ours is an error with its stack.
 */
export function logCalls({
  clock,
  log,
}: {
  readonly clock: Clock;
  readonly log: Log;
}): Interceptor {
  return (next) => async (request) => {
    const start = clock.now();
    const tell = (code: string, more: Record<string, unknown> = {}): void => {
      const method = `${request.service.typeName}/${request.method.name}`;
      const client = request.contextValues.get(clientName);
      log.info("rpc call", { method, client, code, ms: clock.now() - start, ...more });
    };
    try {
      const response = await next(request);
      tell("OK");
      return response;
    } catch (error) {
      const failure = error instanceof WireError ? unknown(error.message) : error;
      if (!(failure instanceof ConnectError)) {
        const stack = error instanceof Error ? error.stack : String(error);
        log.error("rpc call failed by a bug", { stack });
        throw new ConnectError("internal error", Code.Internal);
      }
      tell(Code[failure.code], { reason: failure.rawMessage });
      throw failure;
    }
  };
}
