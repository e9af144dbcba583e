import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { formatIp } from "../wire/ip.ts";
import type { MachineDeps } from "./deps.ts";
import { type Peer, peerOf } from "./peer.ts";
import { pathOf, resourceOf } from "./url.ts";

/** The longest path that events and the log repeat. */
const pathLimit = 512;

/** One event and one log line for each request when its answer has ended, whole or cut short. */
export function observeRequests(app: FastifyInstance, deps: MachineDeps): void {
  app.addHook("onRequest", async (request, reply) => {
    deps.transfers.turns.makeWay();
    // Who asks is read now: a socket that the peer has closed no longer knows whose it was.
    const peer = peerOf(request, deps);
    const started = { at: deps.clock.now(), bytesWritten: bytesWritten(request), peer };
    // Fastify's own onResponse does not come when the client goes away, which is what matters here.
    reply.raw.once("close", () => observe(deps, { request, reply, started }));
  });
}

function observe(
  deps: MachineDeps,
  what: {
    request: FastifyRequest;
    reply: FastifyReply;
    started: { at: number; bytesWritten: number; peer: Peer };
  },
): void {
  const { request, reply, started } = what;
  const target = request.raw.url ?? "";
  const resource = resourceOf(target);
  const { peer } = started;
  const byNode = bytesWritten(request) - started.bytesWritten;
  const sent = byNode + deps.transfers.pastNode(reply.raw);
  const seen = {
    method: request.method,
    path: pathOf(target).slice(0, pathLimit),
    status: reply.raw.statusCode,
    bytes: bodyBytes(request, reply, sent),
    ms: deps.clock.now() - started.at,
  };
  // The bus tells of machines; who asks by the admin socket has no address and is none.
  if (peer.address !== undefined) deps.publish({ kind: "http", resource, ...peer, ...seen });
  const address = peer.address === undefined ? {} : { address: formatIp(peer.address) };
  const mac = peer.mac === undefined ? {} : { mac: peer.mac };
  const aborted = reply.raw.writableFinished ? {} : { aborted: true };
  deps.log.info("http request", { ...mac, ...address, resource, ...seen, ...aborted });
}

// Of an answer cut short the socket knows what left, headers and its last buffer included.
function bodyBytes(request: FastifyRequest, reply: FastifyReply, written: number): number {
  if (request.method === "HEAD" || reply.raw.statusCode === 304) return 0;
  const length = Number(reply.getHeader("content-length") ?? written);
  return reply.raw.writableFinished ? length : Math.min(length, written);
}

function bytesWritten(request: FastifyRequest): number {
  return request.raw.socket.bytesWritten ?? 0;
}
