import { once } from "node:events";
import { lstat, mkdir, unlink } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import { connect } from "node:net";
import { dirname } from "node:path";
import { KindlingError } from "../errors.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { formatIp, formatUrlHost, type IpAddress } from "../wire/ip.ts";

/** A certificate chain and its key, PEM. */
export type TlsFiles = { readonly cert: Buffer; readonly key: Buffer };

/** Where one HTTP server listens. */
export type Endpoint =
  | {
      readonly kind: "tcp";
      readonly address: IpAddress;
      readonly port: number;
      readonly tls?: TlsFiles;
    }
  | { readonly kind: "unix"; readonly path: string };

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** What one peer may cost: sizes in bytes, times in milliseconds. */
const Limits = {
  /** Request line and headers together. */
  headerBytes: 16 * 1024,
  headersMs: 10_000,
  requestMs: 30_000,
  /** How long a client may neither send nor take a byte; firmware pauses while it unpacks. */
  idleMs: 120_000,
  keepAliveMs: 15_000,
  /** How often the times above are looked at; Node would do it every 30 s. */
  checkMs: 1_000,
} as const;

/** What is listened with, besides the place. */
export type Listening = {
  readonly handle: Handler;
  /** Connections at once, of which one peer may have half: nobody locks out all others. */
  readonly maxConnections: number;
  /** A connection was closed at once, since there were too many, all together or of that peer. */
  readonly onTurnedAway: (peer: string | undefined) => void;
};

/** Listens there; requests go to `handle`. The promise fails with the cause and the cure. */
export async function listen(
  endpoint: Endpoint,
  { handle, maxConnections, onTurnedAway }: Listening,
): Promise<Server> {
  const options = {
    maxHeaderSize: Limits.headerBytes,
    headersTimeout: Limits.headersMs,
    requestTimeout: Limits.requestMs,
    keepAliveTimeout: Limits.keepAliveMs,
    connectionsCheckingInterval: Limits.checkMs,
    noDelay: true,
  };
  const tls = endpoint.kind === "tcp" ? endpoint.tls : undefined;
  const server = tls ? openTls({ ...options, ...tls }, handle) : createServer(options, handle);
  server.timeout = Limits.idleMs;
  server.maxConnections = maxConnections;
  server.on("drop", (connection) => onTurnedAway(connection?.remoteAddress));
  if (endpoint.kind === "tcp") limitPeers(server, Math.ceil(maxConnections / 2), onTurnedAway);
  if (endpoint.kind === "unix") await prepareSocketPath(endpoint.path);
  await bind(server, endpoint);
  return server;
}

function limitPeers(server: Server, most: number, onTurnedAway: Listening["onTurnedAway"]): void {
  const counts = new Map<string, number>();
  server.on("connection", (socket) => {
    const peer = socket.remoteAddress ?? "";
    const count = counts.get(peer) ?? 0;
    if (count >= most) {
      socket.destroy();
      onTurnedAway(peer);
      return;
    }
    counts.set(peer, count + 1);
    socket.once("close", () => {
      const left = (counts.get(peer) ?? 0) - 1;
      if (left > 0) counts.set(peer, left);
      else counts.delete(peer);
    });
  });
}

function openTls(options: ServerOptions, handle: Handler): Server {
  try {
    return createTlsServer({ ...options, minVersion: "TLSv1.2" }, handle);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new KindlingError(
      "config.invalid",
      `the HTTPS certificate or key is bad: ${why}`,
      {},
      error,
    );
  }
}

async function bind(server: Server, endpoint: Endpoint): Promise<void> {
  const listening = once(server, "listening");
  if (endpoint.kind === "tcp") {
    // Node asks for 511 by itself, fewer than a hall of racks that comes back at once.
    const backlog = 4096;
    server.listen({ host: formatIp(endpoint.address), port: endpoint.port, backlog });
  } else {
    // Owner and group may connect. By umask and not by chmod: there is no moment when others can,
    // since listen() binds before it returns.
    const umask = process.umask(0o117);
    server.listen(endpoint.path);
    process.umask(umask);
  }
  try {
    await listening;
  } catch (error) {
    throw translate(error, endpoint);
  }
}

// A socket file outlives a daemon that was killed; nobody answers there then, and bind would fail.
// Any other kind of file is somebody's: bind shall fail.
async function prepareSocketPath(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    if ((await lstat(path)).isSocket() && !(await isAnswered(path))) await unlink(path);
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw translate(error, { kind: "unix", path });
  }
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false; // whatever the reason: the bind that follows tells it
  } finally {
    socket.destroy();
  }
}

function translate(error: unknown, endpoint: Endpoint): KindlingError {
  const where =
    endpoint.kind === "unix"
      ? `admin socket ${endpoint.path}`
      : `TCP ${formatUrlHost(endpoint.address)}:${endpoint.port}`;
  const code = systemErrorCode(error);
  const details = { ...endpoint, protocol: "tcp", errno: code };
  if (code === "EADDRINUSE") {
    const cure = "stop it or choose another one";
    return new KindlingError(
      "port.in-use",
      `${where} is held by another program: ${cure}`,
      details,
    );
  }
  const cure =
    endpoint.kind === "unix"
      ? "its folder must exist and be writable"
      : "use a port above 1023 or grant CAP_NET_BIND_SERVICE";
  const message =
    code === "EADDRNOTAVAIL"
      ? `${where} is no address of this host: give one that is`
      : `${where} cannot be bound, ${code}: ${cure}`;
  return new KindlingError("port.forbidden", message, details, error);
}
