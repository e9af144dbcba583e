import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { MachineDeps } from "./deps.ts";
import { peerOf } from "./peer.ts";
import { pathOf, resourceOf } from "./url.ts";

/** The longest path that events and the log repeat. */
const pathLimit = 512;

/** One event and one log line for each request when its answer has ended, whole or cut short. */
export function observeRequests(app: FastifyInstance, deps: MachineDeps): void {
  app.addHook("onRequest", async (request, reply) => {
    const started = { at: deps.clock.now(), bytesWritten: bytesWritten(request) };
    // Fastify's own onResponse does not come when the client goes away, which is what matters here.
    reply.raw.once("close", () => observe(deps, { request, reply, started }));
  });
}

function observe(
  deps: MachineDeps,
  what: {
    request: FastifyRequest;
    reply: FastifyReply;
    started: { at: number; bytesWritten: number };
  },
): void {
  const { request, reply, started } = what;
  const target = request.raw.url ?? "";
  const resource = resourceOf(target);
  const peer = peerOf(request, deps);
  const seen = {
    method: request.method,
    path: pathOf(target).slice(0, pathLimit),
    status: reply.raw.statusCode,
    bytes: bodyBytes(request, reply, bytesWritten(request) - started.bytesWritten),
    ms: deps.clock.now() - started.at,
  };
  deps.publish({ kind: "http", resource, ...peer, ...seen });
  const address = peer.address === undefined ? {} : { address: formatIpv4(peer.address) };
  const mac = peer.mac === undefined ? {} : { mac: peer.mac };
  const aborted = reply.raw.writableFinished ? {} : { aborted: true };
  deps.log.info("http request", { ...mac, ...address, resource, ...seen, ...aborted });
}

// Of an answer cut short the socket knows what left, headers and its last buffer included.
function bodyBytes(request: FastifyRequest, reply: FastifyReply, written: number): number {
  if (request.method === "HEAD" || reply.raw.statusCode === 304) return 0;
  const length = Number(reply.getHeader("content-length") ?? 0);
  return reply.raw.writableFinished ? length : Math.min(length, written);
}

function bytesWritten(request: FastifyRequest): number {
  return request.raw.socket.bytesWritten ?? 0;
}
