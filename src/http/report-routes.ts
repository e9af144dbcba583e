import type { FastifyPluginAsync } from "fastify";
import { ownValue } from "../boot/json-value.ts";
import { askingMachine } from "./asking.ts";
import type { MachineDeps } from "./deps.ts";
import { peerOf } from "./peer.ts";
import { sendText } from "./reply.ts";

/** The longest message kept of a report; what is over is cut off. */
const messageLimit = 512;

/** `/report?mac=&stage=&message=`: the booted system calls back to say how far it came. */
export function reportRoutes(deps: MachineDeps): FastifyPluginAsync {
  return async (app) => {
    app.route({
      method: ["GET", "POST"],
      url: "/report",
      handler: (request, reply) => {
        const { labels } = askingMachine(request, deps.log).identity;
        const stage = ownValue(labels, "stage") ?? "";
        if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/.test(stage)) {
          return sendText(reply, "want a stage of 1 to 32 letters, digits, dots or dashes\n", 400);
        }
        const message = cleanMessage(ownValue(labels, "message") ?? "");
        const told = message === "" ? { stage } : { stage, message };
        deps.publish({ kind: "report", ...peerOf(request, deps), ...told });
        return sendText(reply, "ok\n");
      },
    });
  };
}

// It ends on terminals and in pages: control characters have no business there.
function cleanMessage(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, messageLimit)
    .toWellFormed()
    .trim();
}
