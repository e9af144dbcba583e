import type { FastifyPluginAsync } from "fastify";
import { followInstall } from "../boot/install.ts";
import type { MacAddress } from "../wire/mac.ts";
import { askingMachine } from "./asking.ts";
import type { MachineDeps } from "./deps.ts";
import { peerOf } from "./peer.ts";
import { sendText } from "./reply.ts";
import { type Report, readReport } from "./report.ts";

/** The largest body of a report: an installer's JSON is some 200 bytes. */
const bodyBytesLimit = 4 * 1024;

/** `/report?mac=&stage=&message=`: the booted system calls back to say how far it came. */
export function reportRoutes(deps: MachineDeps): FastifyPluginAsync {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      "*",
      { parseAs: "string", bodyLimit: bodyBytesLimit },
      (_request, body, done) => done(null, body),
    );
    app.route({
      method: ["GET", "POST"],
      url: "/report",
      bodyLimit: bodyBytesLimit,
      handler: async (request, reply) => {
        const { labels } = askingMachine(request, deps.log).identity;
        const reading = readReport(labels, String(request.body ?? ""));
        if (reading.kind === "refused") return sendText(reply, `${reading.sentence}\n`, 400);
        const peer = peerOf(request, deps);
        if (peer.mac !== undefined) await keepProgress(deps, peer.mac, reading.report);
        deps.publish({ kind: "report", ...peer, ...reading.report });
        return sendText(reply, "ok\n");
      },
    });
  };
}

// On disk before the machine hears "ok": it reboots upon that, and must then be sent to its disk.
async function keepProgress(
  { installs }: MachineDeps,
  mac: MacAddress,
  report: Report,
): Promise<void> {
  if (installs === undefined) return;
  const next = followInstall(installs.book.of(mac), report, installs.now());
  if (next !== undefined) await installs.book.keep(mac, next);
}
