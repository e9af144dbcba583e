import type { FastifyPluginAsync, FastifyReply } from "fastify";
import { decideGroup, decideProfile } from "../boot/decide.ts";
import { checkRawIgnition, isRawIgnition } from "../render/ignition.ts";
import { renderMetadata } from "../render/metadata.ts";
import { templateVariables } from "../render/variables.ts";
import { askingMachine, tellMiss } from "./asking.ts";
import type { MachineDeps } from "./deps.ts";
import { sendNotFound, sendText } from "./reply.ts";

/** What a booted system configures itself by: `/ignition` and `/metadata`. */
export function configRoutes(deps: MachineDeps): FastifyPluginAsync {
  return async (app) => {
    app.all("/ignition", async (request, reply) => {
      const asking = askingMachine(request, deps.log);
      const decision = decideProfile(asking.identity, await deps.catalog.snapshot());
      if (decision.kind === "profile")
        return sendIgnition(deps, reply, decision.profile.ignitionId);
      tellMiss(deps.log, asking, decision);
      return sendNotFound(reply);
    });
    app.all("/metadata", async (request, reply) => {
      const asking = askingMachine(request, deps.log);
      const decision = decideGroup(asking.identity, (await deps.catalog.snapshot()).groups);
      if (decision.kind === "no-group") {
        tellMiss(deps.log, asking, decision);
        return sendNotFound(reply);
      }
      const { labels } = asking.identity;
      const variables = templateVariables(decision.group, { labels, rawQuery: asking.rawQuery });
      // Not "text/plain": clients in the field have always been told this.
      return reply
        .header("content-type", "plain/text")
        .send(Buffer.from(renderMetadata(variables)));
    });
  };
}

async function sendIgnition(
  deps: MachineDeps,
  reply: FastifyReply,
  name: string,
): Promise<FastifyReply> {
  const miss = (reason: string) => {
    deps.log.info("no ignition", { name, reason });
    return sendNotFound(reply);
  };
  if (name === "") return miss("the profile names none");
  if (!isRawIgnition(name)) {
    return miss("templating is not available yet: want a name that ends in .ign or .ignition");
  }
  const found = await deps.catalog.ignition(name);
  if (found.kind === "missing") return miss("no such file");
  if (found.kind === "refused") return miss(found.reason);
  const checked = checkRawIgnition(found.bytes);
  if (checked.kind === "usable") {
    return reply.header("content-type", "application/json").send(found.bytes);
  }
  // A status of 5xx makes Ignition ask again: the machine goes on by itself once the file is mended.
  deps.log.error("ignition file refused", { name, reason: checked.reason });
  return sendText(reply, `ignition/${name} is not usable: ${checked.reason}\n`, 500);
}
