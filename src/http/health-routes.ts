import type { FastifyPluginAsync } from "fastify";
import type { CatalogSnapshot } from "../store/catalog.ts";
import type { MachineDeps, Readiness } from "./deps.ts";
import { sendText } from "./reply.ts";
import { queryOf } from "./url.ts";

/** `/` for people, `/healthz`, `/readyz` and `/metrics` for programs that watch. */
export function healthRoutes(deps: MachineDeps): FastifyPluginAsync {
  return async (app) => {
    app.all("/", (_request, reply) => sendText(reply, "matchbox\n"));
    app.all("/healthz", (_request, reply) => sendText(reply, "ok\n"));
    app.all("/readyz", async (request, reply) => {
      const snapshot = await deps.catalog.snapshot();
      const components = [...deps.readiness(), catalogReadiness(snapshot)];
      const waiting = components.filter(({ ready }) => !ready).map(({ component }) => component);
      const status = waiting.length === 0 ? 200 : 503;
      if (!new URLSearchParams(queryOf(request.raw.url ?? "")).has("verbose")) {
        const text = waiting.length === 0 ? "ready\n" : `not ready: ${waiting.join(", ")}\n`;
        return sendText(reply, text, status);
      }
      const { problems, ties } = snapshot;
      const findings = deps.findings();
      const ready = status === 200;
      return reply.code(status).send({ ready, components, problems, ties, findings });
    });
    app.all("/metrics", async (_request, reply) => {
      const text = await deps.metrics.render();
      return reply.header("content-type", deps.metrics.contentType).send(Buffer.from(text));
    });
  };
}

// A broken file costs the machines it was for; without its folder the catalog is no catalog.
function catalogReadiness({ groups, problems }: CatalogSnapshot): Readiness {
  const root = problems.find(({ file }) => file === ".");
  const detail = root?.reason ?? `${groups.length} groups, ${problems.length} files left out`;
  return { component: "catalog", ready: root === undefined, detail };
}
