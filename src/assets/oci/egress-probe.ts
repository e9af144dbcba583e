import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../../runtime/clock.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import type { EgressResult } from "./egress.ts";

export type EgressLook = {
  readonly url: string;
  readonly clock: Clock;
  /** How long each step may take. */
  readonly stepMs: number;
};

/** Goes as far as it gets: name, connection, TLS, an answer. */
export async function probeEgress({ url, clock, stepMs }: EgressLook): Promise<EgressResult> {
  const began = clock.now();
  const { hostname, port, protocol, href } = new URL(url);
  const isTls = protocol === "https:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const name = await step({ clock, stepMs }, () => lookup(host));
  if (name.kind === "failed") return { kind: "no-name", why: name.why };
  const place = { host: name.value.address, port: Number(port) || (isTls ? 443 : 80) };
  const address = `${place.host}, port ${place.port}`;
  using socket = closing(connect(place));
  const connected = await step({ clock, stepMs }, () => once(socket.socket, "connect"));
  if (connected.kind === "failed") return { kind: "no-connection", address, why: connected.why };
  const named = isIP(host) === 0 ? { host, servername: host } : { host };
  const carrier = isTls ? connectTls({ socket: socket.socket, ...named }) : socket.socket;
  if (isTls) {
    const secured = await step({ clock, stepMs }, () => once(carrier, "secureConnect"));
    if (secured.kind === "failed") return { kind: "no-tls", why: secured.why };
  }
  const answered = await step({ clock, stepMs }, () => statusOf(href, carrier));
  if (answered.kind === "failed") return { kind: "no-answer", why: answered.why };
  return { kind: "answers", status: answered.value, ms: clock.now() - began };
}

type Step<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "failed"; readonly why: string };

async function step<T>(
  { clock, stepMs }: Pick<EgressLook, "clock" | "stepMs">,
  run: () => Promise<T>,
): Promise<Step<T>> {
  const late = Promise.withResolvers<Step<T>>();
  using _timer = clock.after(stepMs, () => late.resolve({ kind: "failed", why: "silent" }));
  const running = run().then(
    (value): Step<T> => ({ kind: "done", value }),
    (error: unknown): Step<T> => ({ kind: "failed", why: systemErrorCode(error) }),
  );
  return await Promise.race([running, late.promise]);
}

async function statusOf(url: string, carrier: Socket): Promise<number> {
  const request = url.startsWith("https:") ? requestHttps : requestHttp;
  const asking = request(url, { createConnection: () => carrier, agent: false });
  asking.end();
  const [response] = await once(asking, "response");
  response.resume();
  return response.statusCode;
}

// Whatever happens to it once nobody looks any more is no concern of ours.
function closing(socket: Socket): Disposable & { readonly socket: Socket } {
  socket.on("error", () => {});
  return { socket, [Symbol.dispose]: () => socket.destroy() };
}
