import type { FastifyPluginAsync } from "fastify";
import { type BootPlan, decideBoot } from "../boot/decide.ts";
import { requestPath } from "../boot/profile.ts";
import { renderBootScript, renderIpxe } from "../render/ipxe.ts";
import { askingMachine, tellMiss } from "./asking.ts";
import type { MachineDeps } from "./deps.ts";
import { type Peer, peerOf } from "./peer.ts";
import { sendNotFound, sendText } from "./reply.ts";

/** `/boot.ipxe`, the same for every machine, and `/ipxe`, each machine's own. */
export function scriptRoutes(deps: MachineDeps): FastifyPluginAsync {
  return async (app) => {
    const bootScript = renderBootScript();
    // Some servers of PXE menus append a layer number to every file name, hence the `.0`.
    for (const path of ["/boot.ipxe", "/boot.ipxe.0"]) {
      app.all(path, (_request, reply) => sendText(reply, bootScript));
    }
    app.all("/ipxe", async (request, reply) => {
      const asking = askingMachine(request, deps.log);
      const decision = decideBoot(asking.identity, await deps.catalog.snapshot());
      if (decision.kind !== "boot") {
        tellMiss(deps.log, asking, decision);
        return sendNotFound(reply);
      }
      if (request.method !== "HEAD") publishPlan(deps, decision.plan, peerOf(request, deps));
      return sendText(reply, renderIpxe(decision.plan.boot));
    });
  };
}

function publishPlan(deps: MachineDeps, { group, profile, boot }: BootPlan, peer: Peer): void {
  deps.publish({
    kind: "plan",
    ...peer,
    group: group.file,
    profile: profile.id,
    kernel: requestPath(boot.kernel),
    initrd: boot.initrd.map(requestPath),
  });
}
