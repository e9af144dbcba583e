import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { EventSink } from "../boot/event.ts";
import type { FindingSink } from "../boot/finding.ts";
import { KindlingError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { DurableDisk } from "../runtime/durable-file.ts";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { formatIp, type IpAddress, parseIp } from "../wire/ip.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import { formatJoinBundle } from "./join-bundle.ts";
import { decideJoin, type JoinRefusal, type JoinTicket, readBearer } from "./join-grant.ts";
import { type JoinIdentity, openJoinIdentity } from "./join-identity-store.ts";
import { type JoinStore, openJoinStore } from "./join-store.ts";
import type { TicketWish } from "./join-ticket.ts";

export type JoinDeps = {
  readonly addresses: readonly Ipv4Address[];
  /** 0 takes any free one. */
  readonly port: number;
  /** Where tickets and keys are kept; for this process alone. */
  readonly folder: string;
  readonly disk: DurableDisk;
  readonly clock: Clock;
  readonly log: Log;
  readonly publish: EventSink;
  readonly findings: FindingSink;
  readonly machineAt: (address: IpAddress) => MacAddress | undefined;
};

/** What one peer may cost; times in milliseconds. A bundle is some kilobytes. */
const Limits = { connections: 256, headersMs: 5_000, requestMs: 10_000, idleMs: 15_000 } as const;

/** The one path there is. */
const joinPath = "/v1/join";

/**
 * HTTPS for machines that join a cluster: `POST /v1/join` with a token gives its bundle, once. It listens
 * from the first ticket on, so that a host without clusters has no port and no certificate for it.
 */
export class JoinServer implements Service {
  readonly name = "join";
  readonly done: Promise<void>;
  readonly #deps: JoinDeps;
  readonly #ended = Promise.withResolvers<void>();
  readonly #servers: Server[] = [];
  #store: Promise<JoinStore> | undefined;
  #identity: Promise<JoinIdentity> | undefined;
  #listening: Promise<void> | undefined;

  constructor(deps: JoinDeps) {
    this.#deps = deps;
    this.done = this.#ended.promise;
  }

  /** Listens if somebody may still come; trouble is told and leaves the rest of the daemon alone. */
  serve(): void {
    const begin = async () => {
      const store = await this.#open();
      const { clock } = this.#deps;
      await store.sweep(clock.now());
      if (store.list().some((ticket) => isOpen(ticket, clock.now()))) await this.#listen();
    };
    begin().catch((error: unknown) => {
      if (!(error instanceof KindlingError)) throw error;
      this.#deps.log.error("joining is not possible", { code: error.code, error: error.message });
    });
  }

  /** What a machine needs to know of this host, besides its token. */
  async about(): Promise<{ readonly authority: string; readonly urls: readonly string[] }> {
    const { authority } = await this.#identify();
    await this.#listen();
    const places = this.#servers.map((server) => server.address() as AddressInfo); // it listens on TCP
    return { authority, urls: places.map((at) => `https://${at.address}:${at.port}${joinPath}`) };
  }

  async put(wishes: readonly TicketWish[]): Promise<void> {
    const store = await this.#open();
    for (const wish of wishes) await store.put(wish, this.#deps.clock.now());
    await this.#listen();
  }

  async list(): Promise<readonly JoinTicket[]> {
    return (await this.#open()).list();
  }

  async remove(cluster: string, node?: string): Promise<number> {
    return await (await this.#open()).remove(cluster, node);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.catch(() => undefined); // told to who asked for it
    for (const server of this.#servers) {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    }
    this.#ended.resolve();
  }

  #open(): Promise<JoinStore> {
    this.#store ??= openJoinStore(this.#deps.folder, this.#deps.disk).catch((error: unknown) => {
      this.#store = undefined; // the operator may mend it meanwhile
      throw error;
    });
    return this.#store;
  }

  async #identify(): Promise<JoinIdentity> {
    await this.#open(); // makes the folder
    const { folder, disk, clock, addresses } = this.#deps;
    const names = addresses.map(formatIpv4);
    this.#identity ??= openJoinIdentity(folder, { disk, names, now: clock.now() });
    return await this.#identity;
  }

  async #listen(): Promise<void> {
    this.#listening ??= this.#bind().catch((error: unknown) => {
      this.#listening = undefined;
      throw error;
    });
    await this.#listening;
  }

  async #bind(): Promise<void> {
    const { server: tls } = await this.#identify();
    for (const address of this.#deps.addresses) {
      const server = createServer({ ...tls, minVersion: "TLSv1.2" }, (request, response) => {
        void this.#answer(request, response);
      });
      server.headersTimeout = Limits.headersMs;
      server.requestTimeout = Limits.requestMs;
      server.timeout = Limits.idleMs;
      server.maxConnections = Limits.connections;
      await listen(server, address, this.#deps.port);
      server.on("error", (error) => {
        this.#deps.log.warn("join connection lost", { error: error.message });
      });
      this.#servers.push(server);
    }
    this.#deps.log.info("join served", { port: this.#deps.port });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume(); // a body would say nothing
    if (request.url !== joinPath) return reply(response, 404, "404 page not found\n");
    if (request.method !== "POST") return reply(response, 405, "want POST\n");
    try {
      await this.#join(request, response);
    } catch (error) {
      this.#deps.log.error("join failed", { error });
      reply(response, 500, "500 internal error\n");
    }
  }

  async #join(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, machineAt, log } = this.#deps;
    const store = await this.#open();
    const token = createHash("sha256")
      .update(readBearer(request.headers.authorization) ?? "")
      .digest("hex");
    const address = parseIp((request.socket.remoteAddress ?? "").replace(/^::ffff:(?=.*\.)/, ""));
    const ticket = store.of(token);
    const decision = decideJoin({ address, mac: machineAt(address) }, ticket, clock.now());
    const who = { node: ticket?.node, cluster: ticket?.cluster, address: formatIp(address) };
    if (decision.kind === "refuse") {
      log.warn("join refused", { ...who, reason: decision.reason });
      this.#tell(decision, ticket);
      return reply(response, decision.status, `${decision.sentence}\n`);
    }
    await store.keep(token, decision.used);
    response.once("close", () => {
      // Who lost the connection half-way has nothing, and may come again.
      if (!response.writableFinished && ticket) this.#giveBack(store, token, ticket);
    });
    log.info("joined", who);
    this.#deps.publish({ kind: "report", ...macOf(decision.used), address, stage: "joined" });
    response.writeHead(200, { "content-type": "application/x-tar", "cache-control": "no-store" });
    response.end(formatJoinBundle(decision.files));
  }

  #giveBack(store: JoinStore, token: string, ticket: JoinTicket): void {
    this.#deps.log.warn("join broken off", { node: ticket.node, cluster: ticket.cluster });
    store.keep(token, ticket).catch((error: unknown) => {
      this.#deps.log.error("join ticket lost", { node: ticket.node, error });
    });
  }

  #tell({ reason, sentence }: JoinRefusal, ticket: JoinTicket | undefined): void {
    // A token that nobody gave out is a guess, and guesses are counted by the log alone.
    if (ticket === undefined || reason === "expired") return;
    this.#deps.findings.raise({
      ...{ code: "cluster.join-refused", severity: "warning" },
      ...{ subject: `${ticket.cluster}/${ticket.node}`, ...macOf(ticket), sentence },
      cure: "find out who asked: the keys are with whoever came first; cluster replace-node makes new ones",
    });
  }
}

function macOf({ macs: [mac] }: JoinTicket): { readonly mac?: MacAddress } {
  return mac === undefined ? {} : { mac };
}

function isOpen({ usedAt, expires }: JoinTicket, now: number): boolean {
  return usedAt === undefined && now < expires;
}

async function listen(server: Server, address: Ipv4Address, port: number): Promise<void> {
  const listening = once(server, "listening");
  server.listen({ host: formatIpv4(address), port });
  try {
    await listening;
  } catch (error) {
    const where = `TCP ${formatIpv4(address)}:${port}`;
    const cure = "stop the program that has it, or set another installer.port";
    const message = `${where} cannot be bound, ${systemErrorCode(error)}: ${cure}`;
    throw new KindlingError("port.in-use", message, { port, protocol: "tcp" }, error);
  }
}

function reply(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(text);
}
