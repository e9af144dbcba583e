import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from "fastify";
import { formatEvent } from "../boot/event-json.ts";
import type { Clock } from "../runtime/clock.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import { buildMachineApp } from "./app.ts";
import type { AdminDeps, MachineDeps } from "./deps.ts";
import { entriesAfter, type FeedEntry, formatEntry, numberEvents } from "./event-feed.ts";
import { installRoutes } from "./install-routes.ts";
import { joinRoutes } from "./join-routes.ts";
import { recordRoutes } from "./record-routes.ts";
import { sendText } from "./reply.ts";
import { reservationRoutes } from "./reservation-routes.ts";
import { queryOf } from "./url.ts";

/**
 * How far a reader of events may fall behind before it is cut off; it comes back by its last id.
 * Above what the whole replay of 10,000 events takes, some 3 MB.
 */
const feedBacklogBytes = 8 << 20;

/** How often a quiet stream shows that it lives, so that a reader notices one that does not. */
const heartbeatMs = 15_000;

/** Everything a machine may ask, and what only the operator may: `/v1/…`. */
export function buildAdminApp(
  deps: MachineDeps,
  admin: AdminDeps,
  signal: AbortSignal,
): FastifyInstance {
  const app = buildMachineApp(deps);
  app.register(stateRoutes(deps, admin));
  app.register(reservationRoutes(admin.desk));
  app.register(installRoutes(deps));
  app.register(recordRoutes(admin.records));
  app.register(eventRoutes(deps.clock, admin, signal));
  if (admin.joins) app.register(joinRoutes(admin.joins));
  return app;
}

const BootKinds: ReadonlySet<string> = new Set(["dhcp", "plan", "report", "finding"]);

function stateRoutes({ clock, findings }: MachineDeps, admin: AdminDeps): FastifyPluginAsync {
  return async (app) => {
    app.get("/v1/leases", (_request, reply) =>
      reply.send({
        leases: admin.leases().map((row) => ({ ...row, address: formatIpv4(row.address) })),
      }),
    );
    // What tells how far machines are; a whole feed is /v1/events.
    app.get("/v1/boots", (_request, reply) => {
      const events = admin.events.recent().filter(({ kind }) => BootKinds.has(kind));
      return reply.send({ events: events.map(formatEvent) });
    });
    app.get("/v1/findings", (_request, reply) => reply.send({ findings: findings() }));
    app.get("/v1/status", (_request, reply) => {
      const status = admin.status();
      const interfaces = status.interfaces.map(({ address, ...row }) => ({
        ...row,
        address: formatIpv4(address),
      }));
      return reply.send({ ...status, interfaces, uptimeMs: clock.now() - status.startedAt });
    });
  };
}

function eventRoutes(clock: Clock, admin: AdminDeps, signal: AbortSignal): FastifyPluginAsync {
  return async (app) => {
    app.get("/v1/events", (request, reply) => {
      const query = new URLSearchParams(queryOf(request.raw.url ?? ""));
      const lastId = request.headers["last-event-id"];
      const since = typeof lastId === "string" ? lastId : query.get("since");
      const kept = numberEvents(admin.events.recent());
      const replay = since === null ? [] : entriesAfter(kept, since);
      if (replay === undefined) {
        return sendText(reply, "want since as milliseconds or an event's id\n", 400);
      }
      reply.hijack();
      streamEvents(reply, { clock, admin, signal, replay, last: kept.at(-1) });
      return reply;
    });
  };
}

function streamEvents(
  reply: FastifyReply,
  feed: {
    clock: Clock;
    admin: AdminDeps;
    signal: AbortSignal;
    replay: readonly FeedEntry[];
    last: FeedEntry | undefined;
  },
): void {
  const { raw } = reply;
  const closing = new DisposableStack();
  const send = (text: string) => {
    raw.write(text);
    if (raw.writableLength > feedBacklogBytes) raw.destroy();
  };
  raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  send(`: kindling\n\n${feed.replay.map(formatEntry).join("")}`);
  let last = feed.last;
  closing.use(
    feed.admin.events.subscribe((event) => {
      for (const entry of numberEvents([event], last)) {
        last = entry;
        send(formatEntry(entry));
      }
    }),
  );
  const end = () => raw.end();
  feed.signal.addEventListener("abort", end, { once: true });
  closing.defer(() => feed.signal.removeEventListener("abort", end));
  let timer: Disposable;
  const beat = () => {
    send(": still here\n\n");
    timer = feed.clock.after(heartbeatMs, beat);
  };
  timer = feed.clock.after(heartbeatMs, beat);
  closing.defer(() => timer[Symbol.dispose]());
  raw.once("close", () => closing.dispose());
}
