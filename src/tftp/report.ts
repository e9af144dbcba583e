import type { EventSink } from "../boot/event.ts";
import type { Log } from "../runtime/log.ts";
import type { UdpPeer } from "../runtime/udp.ts";
import { formatIp, type IpAddress } from "../wire/ip.ts";
import { nameLimit } from "./name.ts";
import type { TftpRequest } from "./packet.ts";
import type { Refusal } from "./request.ts";
import { bytesAcked, type TransferOutcome, type TransferState } from "./transfer.ts";

type Listeners = { readonly log: Log; readonly publish: EventSink };

/**
 * One log line and one event for a transfer that ended; a size probe is everyday and logged at
 * debug.
 */
export function reportTransfer(
  to: Listeners,
  ended: {
    readonly peer: UdpPeer<IpAddress>;
    readonly file: string;
    readonly state: TransferState;
    readonly outcome: TransferOutcome;
    readonly ms: number;
    readonly cause?: unknown;
  },
): void {
  const { peer, file, state, outcome, ms, cause } = ended;
  const { blksize, windowsize } = state.plan.terms;
  const bytes = outcome.kind === "sent" ? state.plan.size : bytesAcked(state);
  const facts = { file, bytes, ms, blksize, windowsize, retries: state.retries };
  const result = { outcome: outcome.kind, reason: outcome.reason };
  const why = cause === undefined ? {} : { cause: cause instanceof Error ? cause.stack : cause };
  const line = { client: formatIp(peer.address), ...facts, ...result, ...why };
  if (outcome.reason === "internal-error") to.log.error("tftp transfer", line);
  else if (outcome.kind === "probe") to.log.debug("tftp transfer", line);
  else to.log.info("tftp transfer", line);
  to.publish({ kind: "tftp", address: peer.address, ...facts, ...result });
}

/** The same for a request that got an ERROR instead of a transfer. */
export function reportRefusal(
  to: Listeners,
  refused: {
    readonly peer: UdpPeer<IpAddress>;
    readonly request: TftpRequest;
    readonly refusal: Refusal;
    readonly ms: number;
  },
): void {
  const { peer, request, refusal, ms } = refused;
  const file = request.name.replace(/[^\x20-\x7e]/g, "?").slice(0, nameLimit);
  const client = formatIp(peer.address);
  const { reason, text } = refusal;
  to.log.info("tftp transfer", { client, file, outcome: "refused", reason, text });
  const nothing = { bytes: 0, ms, blksize: 512, windowsize: 1, retries: 0 };
  to.publish({
    kind: "tftp",
    address: peer.address,
    outcome: "refused",
    file,
    ...nothing,
    reason: refusal.reason,
  });
}
