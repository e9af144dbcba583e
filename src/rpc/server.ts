import { once } from "node:events";
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type ServerHttp2Session,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { TLSSocket } from "node:tls";
import { createContextValues } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { KindlingError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { BoundService } from "../runtime/service.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { clientName, logCalls } from "./call-log.ts";
import type { Credentials } from "./credentials.ts";
import { addServices, type ServiceDeps } from "./services.ts";

export type RpcServerDeps = ServiceDeps & {
  readonly addresses: readonly Ipv4Address[];
  /** 0 takes any free one; `ports` of the service says which. */
  readonly port: number;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly log: Log;
};

export type RpcService = BoundService & {
  /** The port of each address, in the order of `addresses`. */
  readonly ports: readonly number[];
};

/** What clients may cost: sizes in bytes, times in milliseconds. */
const Limits = {
  /** The largest message: what Go's gRPC takes unless told otherwise. */
  messageBytes: 4 << 20,
  connections: 200,
  /** Calls at a time on one connection. */
  streams: 100,
  handshakeMs: 10_000,
  /** How long a connection may rest; clients keep one open and connect again when it is gone. */
  idleMs: 30 * 60_000,
  /** How long calls may go on after the service was told to close. */
  graceMs: 5_000,
} as const;

// For TLS 1.2 only forward secrecy with AES-GCM; the first three are those of TLS 1.3.
const ciphers = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
].join(":");

/** Binds every address or none; calls wait until `serve()`. */
export async function openRpcServer(deps: RpcServerDeps, signal: AbortSignal): Promise<RpcService> {
  const serving = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  await using opened = new AsyncDisposableStack();
  const handle = handlerOf(deps);
  const ports: number[] = [];
  for (const address of deps.addresses) {
    signal.throwIfAborted();
    const server = createServer(deps);
    const sessions = trackSessions(server);
    opened.defer(() => close(server, sessions, deps.clock));
    await listen(server, address, deps.port);
    server.on("error", done.reject);
    server.on("request", (request, response) => {
      void serving.promise.then(() => handle(request, response));
    });
    ports.push((server.address() as AddressInfo).port); // it listens on TCP
  }
  const resources = opened.move();
  return {
    name: "rpc",
    done: done.promise,
    ports,
    serve: serving.resolve,
    async [Symbol.asyncDispose]() {
      await resources.disposeAsync();
      done.resolve();
    },
  };
}

function handlerOf(deps: RpcServerDeps) {
  return connectNodeAdapter({
    routes: (router) => addServices(router, deps),
    grpcWeb: false,
    connect: false,
    // None, as the reference: no small message can become a large one.
    acceptCompression: [],
    readMaxBytes: Limits.messageBytes,
    interceptors: [logCalls(deps)],
    // The server takes no HTTP/1, so every request is of this kind.
    contextValues: (request) =>
      createContextValues().set(clientName, nameOf(request as Http2ServerRequest)),
    fallback: (_, response) => {
      response.writeHead(200, { "content-type": "application/grpc" });
      response.addTrailers({ "grpc-status": "12", "grpc-message": "unknown service or method" });
      response.end();
    },
  });
}

function createServer({ credentials, log }: RpcServerDeps): Http2SecureServer {
  const server = createSecureServer({
    ...credentials,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    ciphers,
    honorCipherOrder: true,
    ALPNProtocols: ["h2"],
    handshakeTimeout: Limits.handshakeMs,
    settings: { maxConcurrentStreams: Limits.streams },
  });
  server.maxConnections = Limits.connections;
  server.on("tlsClientError", (error, socket) => {
    // A certificate that was refused leaves its reason here and only "disconnected" in the error;
    // OpenSSL's own errors say it in a word of theirs, among addresses and file names.
    const words = "reason" in error ? error.reason : error.message;
    const reason = String(socket.authorizationError ?? words);
    log.warn("rpc client refused", { peer: socket.remoteAddress, reason });
  });
  server.on("sessionError", (error: Error) => {
    log.debug("rpc connection broke", { reason: error.message });
  });
  return server;
}

async function listen(server: Http2SecureServer, address: Ipv4Address, port: number) {
  const listening = once(server, "listening");
  server.listen({ host: formatIpv4(address), port });
  try {
    await listening;
  } catch (error) {
    const code = systemErrorCode(error);
    const where = `TCP ${formatIpv4(address)}:${port}`;
    const details = { address, port, errno: code };
    throw code === "EADDRINUSE"
      ? new KindlingError("port.in-use", `${where} is held by another program`, details, error)
      : new KindlingError("port.forbidden", `${where} cannot be bound: ${code}`, details, error);
  }
}

function trackSessions(server: Http2SecureServer): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.setTimeout(Limits.idleMs, () => session.close());
    session.on("close", () => sessions.delete(session));
  });
  return sessions;
}

// A session closes once its calls have ended; a server once its sessions have.
async function close(
  server: Http2SecureServer,
  sessions: ReadonlySet<ServerHttp2Session>,
  clock: Clock,
): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  for (const session of sessions) session.close();
  using _atLast = clock.after(Limits.graceMs, () => {
    for (const session of sessions) session.destroy();
  });
  await closed;
}

/** The common name of the client's certificate, which the handshake has verified. */
function nameOf(request: Http2ServerRequest): string {
  const socket = request.stream.session?.socket;
  if (!(socket instanceof TLSSocket)) return "";
  const name = socket.getPeerCertificate().subject?.CN;
  return typeof name === "string" ? name : (name?.[0] ?? "");
}
