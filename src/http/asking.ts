import type { FastifyRequest } from "fastify";
import type { BootDecision, ProfileDecision } from "../boot/decide.ts";
import { identifyQuery } from "../boot/identify.ts";
import type { MachineIdentity } from "../boot/machine.ts";
import type { Log } from "../runtime/log.ts";
import type { MacAddress } from "../wire/mac.ts";
import { queryOf } from "./url.ts";

/** Who asks, with the query it asked by and, if it came by the network, where it found us. */
export type Asking = {
  readonly identity: MachineIdentity;
  readonly rawQuery: string;
  readonly serverUrl?: string | undefined;
  /** Whose address asks, by label or by what was seen at that address. */
  readonly mac?: MacAddress | undefined;
};

/** The machine behind a request; what its query got wrong goes to the log, not to the machine. */
export function askingMachine(request: FastifyRequest, log: Log): Asking {
  const rawQuery = queryOf(request.raw.url ?? "");
  const { identity, problems } = identifyQuery(rawQuery);
  for (const { kind, text } of problems) log.warn("label ignored", { reason: kind, text });
  return { identity, rawQuery, serverUrl: serverUrlOf(request) };
}

/** Says why a machine got nothing: the first thing an operator looks for. */
export function tellMiss(
  log: Log,
  asking: Asking,
  decision: Exclude<BootDecision | ProfileDecision, { kind: "boot" | "profile" }>,
): void {
  const { kind, ...why } = decision;
  log.info("nothing to boot", { decision: kind, ...why, labels: asking.identity.labels });
}

// By the socket and not by the Host header: what a machine loads next is not the client's to choose.
/** Where a request found us; undefined behind a Unix socket. */
export function serverUrlOf({ raw: { socket }, protocol }: FastifyRequest): string | undefined {
  const address = socket.localAddress?.replace(/^::ffff:/, "");
  if (address === undefined) return undefined;
  const host = address.includes(":") ? `[${address}]` : address;
  return `${protocol}://${host}:${socket.localPort}`;
}
