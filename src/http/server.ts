/**
 * HTTP: boot scripts, configuration and files for machines, the same routes, bodies and lenience as
 * matchbox, and on a Unix socket the admin API. It decides nothing of its own: what a machine boots
 * comes from `boot/`, the text of it from `render/`. It never writes to the catalog or the assets.
 * Follows RFC 9110 and 9112; where loaders in the field need otherwise, the file says so.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { Notice } from "../runtime/notice.ts";
import type { BoundService } from "../runtime/service.ts";
import type { IpAddress } from "../wire/ip.ts";
import { buildAdminApp } from "./admin.ts";
import { buildMachineApp, buildRegistryApp } from "./app.ts";
import type { AdminDeps, MachineDeps } from "./deps.ts";
import { type Endpoint, type Handler, listen, type TlsFiles } from "./listener.ts";

/** How long open transfers may go on after the service was told to close. */
const graceMs = 5_000;

/** How many clients may be connected to one address at a time, unless set otherwise. */
const connectionLimit = 2_000;

export type HttpDeps = MachineDeps & {
  readonly addresses: readonly IpAddress[];
  /** 0 takes any free one; `ports` of the service says which. */
  readonly port: number;
  readonly maxConnections?: number;
  /** PEM; machines are then served by HTTPS only. */
  readonly tls?: TlsFiles;
  readonly admin?: AdminDeps & { readonly socket: string };
};

export type HttpService = BoundService & {
  /** The port of each address, in the order of `addresses`; then those of the images' own port. */
  readonly ports: readonly number[];
};

/** Binds every address and the admin socket, or none; requests wait until `serve()`. */
export async function openHttpServer(deps: HttpDeps, signal: AbortSignal): Promise<HttpService> {
  const serving = Promise.withResolvers<void>();
  const closing = new AbortController();
  await using opened = new AsyncDisposableStack();
  const bindings = bindingsOf(deps, AbortSignal.any([signal, closing.signal]));
  for (const app of new Set(bindings.map((binding) => binding.app))) {
    opened.defer(() => app.close());
    await app.ready();
  }
  const servers: Server[] = [];
  const { maxConnections = connectionLimit } = deps;
  const onTurnedAway = turnedAway(deps, maxConnections);
  opened.defer(async () => {
    await Promise.all(servers.map((server) => close(server, deps)));
  });
  for (const { app, endpoint } of bindings) {
    signal.throwIfAborted();
    const handle = afterServing(app, serving.promise);
    servers.push(await listen(endpoint, { handle, maxConnections, onTurnedAway }));
  }
  const resources = opened.move();
  const done = Promise.withResolvers<void>();
  // accept(2) had no descriptor or memory left, say; the next connection may fare better.
  const complain = (error: Error) =>
    deps.log.warn("http connection lost", { error: error.message });
  for (const server of servers) server.on("error", complain);
  return {
    name: "http",
    done: done.promise,
    ports: servers.flatMap(portOf),
    serve: serving.resolve,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await resources.disposeAsync();
      done.resolve();
    },
  };
}

type Binding = { readonly app: FastifyInstance; readonly endpoint: Endpoint };

function bindingsOf(deps: HttpDeps, signal: AbortSignal): readonly Binding[] {
  const { addresses, admin, tls, mirror } = deps;
  const onEach = (app: FastifyInstance, port: number): readonly Binding[] => {
    return addresses.map((address) => {
      return { app, endpoint: { kind: "tcp", address, port, ...(tls && { tls }) } };
    });
  };
  const machines = [...onEach(buildMachineApp(deps), deps.port)];
  if (mirror?.port !== undefined) machines.push(...onEach(buildRegistryApp(deps), mirror.port));
  if (admin === undefined) return machines;
  const endpoint: Endpoint = { kind: "unix", path: admin.socket };
  return [...machines, { app: buildAdminApp(deps, admin, signal), endpoint }];
}

function turnedAway(
  { clock, log }: HttpDeps,
  maxConnections: number,
): (peer: string | undefined) => void {
  const notice = new Notice(clock.now);
  return (peer) => {
    const times = notice.happened();
    if (times === undefined) return;
    const cure = "look what that peer does; raise LimitNOFILE if maxConnections is below 2000";
    log.warn("http connections turned away", { times, peer, maxConnections, cure });
  };
}

function afterServing(app: FastifyInstance, serving: Promise<void>): Handler {
  return (request, response) => {
    void serving.then(() => app.routing(request, response));
  };
}

// Transfers may end within the grace; connections that wait for a next request end at once.
async function close(server: Server, { clock }: Pick<HttpDeps, "clock">): Promise<void> {
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  server.closeIdleConnections();
  using _atLast = clock.after(graceMs, () => server.closeAllConnections());
  await closed.promise;
}

function portOf(server: Server): readonly number[] {
  const address: AddressInfo | string | null = server.address();
  return address === null || typeof address === "string" ? [] : [address.port];
}
