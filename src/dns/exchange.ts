import { connect } from "node:net";
import { WireError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import { openUdp, type UdpPeer } from "../runtime/udp.ts";
import { anyAddress, formatIpv4 } from "../wire/ipv4.ts";
import { formatQuestion, type ParsedForeign, parseForeign, type Sent } from "./foreign-answer.ts";
import { frameAnswer } from "./stream.ts";

/** What one question to one upstream came to. */
export type Exchanged = ParsedForeign | { readonly kind: "failed"; readonly reason: string };

export type ExchangeOptions = {
  readonly upstream: UdpPeer;
  readonly sent: Sent;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/** Forged answers that are passed over; beyond them somebody is guessing, and we ask by TCP. */
const forgeriesMax = 16;

/** Asks by UDP, from a socket of its own: the kernel draws its port. Never throws. */
export async function askByUdp(options: ExchangeOptions): Promise<Exchanged> {
  const { upstream, sent } = options;
  const { promise, finish } = deadline(options);
  try {
    await using udp = await openUdp({ address: anyAddress, port: 0 });
    let forgeries = 0;
    udp.onError((error) => finish({ kind: "failed", reason: error.message }));
    udp.receive((bytes, from) => {
      if (from.address !== upstream.address || from.port !== upstream.port) return;
      const found = read(bytes, sent);
      if (found.kind !== "not-ours") finish(found);
      else if (found.reason === "other-case" || ++forgeries > forgeriesMax)
        finish({ kind: "truncated" });
    });
    udp.send(formatQuestion(sent), upstream);
    return await promise;
  } catch (error) {
    return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Asks by TCP, where nobody else can answer. Never throws. */
export async function askByTcp(options: ExchangeOptions): Promise<Exchanged> {
  const { upstream, sent } = options;
  const { promise, finish } = deadline(options);
  const socket = connect({ host: formatIpv4(upstream.address), port: upstream.port });
  let pending = Buffer.alloc(0);
  socket.on("error", (error) => finish({ kind: "failed", reason: error.message }));
  socket.on("close", () => finish({ kind: "failed", reason: "closed" }));
  socket.on("data", (chunk) => {
    pending = Buffer.concat([pending, chunk]); // two bytes of length bound it
    const length = pending.length < 2 ? undefined : pending.readUInt16BE(0);
    if (length === undefined || pending.length < length + 2) return;
    finish(read(pending.subarray(2, length + 2), sent));
  });
  socket.write(frameAnswer(formatQuestion(sent)));
  const found = await promise;
  socket.destroy();
  return found;
}

function deadline({ clock, timeoutMs, signal }: ExchangeOptions) {
  const { promise, resolve } = Promise.withResolvers<Exchanged>();
  const timer = clock.after(timeoutMs, () => finish({ kind: "failed", reason: "timeout" }));
  const onAbort = () => finish({ kind: "failed", reason: "stopped" });
  const finish = (found: Exchanged): void => {
    timer[Symbol.dispose]();
    signal.removeEventListener("abort", onAbort);
    resolve(found);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return { promise, finish };
}

function read(bytes: Uint8Array, sent: Sent): ParsedForeign {
  try {
    return parseForeign(bytes, sent);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { kind: "useless", rcode: -1 };
  }
}
