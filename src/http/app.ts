import { METHODS } from "node:http";
import { type FastifyError, type FastifyInstance, type FastifyReply, fastify } from "fastify";
import { answerRoutes } from "./answer-routes.ts";
import { assetRoutes } from "./asset-routes.ts";
import type { MachineDeps } from "./deps.ts";
import { healthRoutes } from "./health-routes.ts";
import { hostsRoutes } from "./hosts-routes.ts";
import { loaderRoutes } from "./loader-routes.ts";
import { observeRequests } from "./observe.ts";
import { registryRoutes } from "./registry-routes.ts";
import { sendNotFound, sendText } from "./reply.ts";
import { reportRoutes } from "./report-routes.ts";
import { cleanTarget } from "./url.ts";

/** The largest request body that is read; all of them are ignored. */
const bodyBytesLimit = 64 * 1024;

/** The routes for machines, not yet listening anywhere. */
export function buildMachineApp(deps: MachineDeps): FastifyInstance {
  const app = buildApp(deps);
  for (const plugin of [healthRoutes, answerRoutes, reportRoutes, loaderRoutes]) {
    app.register(plugin(deps));
  }
  if (deps.assets !== undefined) app.register(assetRoutes(deps.assets, deps.transfers));
  registerMirror(app, deps);
  return app;
}

/** The container images alone, for a port of their own. */
export function buildRegistryApp(deps: MachineDeps): FastifyInstance {
  const app = buildApp(deps);
  registerMirror(app, deps);
  return app;
}

function registerMirror(app: FastifyInstance, deps: MachineDeps): void {
  const { mirror } = deps;
  if (mirror === undefined) return;
  app.register(registryRoutes({ ...deps, mirror }));
  app.register(hostsRoutes(mirror));
}

function buildApp(deps: MachineDeps): FastifyInstance {
  const redirects = deps.uncleanPaths === "redirect";
  const app = fastify({
    exposeHeadRoutes: false,
    bodyLimit: bodyBytesLimit,
    routerOptions: { maxParamLength: 4096 },
    rewriteUrl: (request) => (redirects ? (request.url ?? "/") : cleanTarget(request.url ?? "/")),
    frameworkErrors: (_error, _request, reply) => sendText(reply, "400 Bad Request\n", 400),
  });
  acceptEveryRequest(app);
  observeRequests(app, deps);
  if (redirects) redirectUncleanPaths(app);
  app.setNotFoundHandler((_request, reply) => sendNotFound(reply));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return sendText(reply, `${error.message}\n`, status);
    deps.log.error("http request failed", { method: request.method, url: request.url, error });
    return sendInternalError(reply);
  });
  return app;
}

// Machines ask with whatever method and body their loader has: what they ask for is in the URL.
function acceptEveryRequest(app: FastifyInstance): void {
  const known = new Set(app.supportedMethods);
  for (const method of METHODS) {
    if (!known.has(method) && method !== "CONNECT") app.addHttpMethod(method, { hasBody: true });
  }
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, _body, done) => done(null));
}

// What every release of matchbox does; it is not for firmware, which mostly follows no redirect.
function redirectUncleanPaths(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    const target = request.raw.url ?? "/";
    const clean = cleanTarget(target);
    if (clean === target) return;
    const link = clean.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
    const page = `<a href="${link}">Moved Permanently</a>.\n\n`;
    reply.header("content-type", "text/html; charset=utf-8");
    await reply.code(301).header("location", clean).send(Buffer.from(page));
  });
}

function sendInternalError(reply: FastifyReply): FastifyReply {
  return sendText(reply, "500 internal error\n", 500);
}
