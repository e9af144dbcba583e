import type { IpAddress } from "../wire/ip.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";

/**
 * Secrets for machines that join a cluster. A machine's Ignition is readable by the whole LAN, so it holds
 * none that lasts: only our certificate and a token. With that the machine fetches its bundle of keys once,
 * over HTTPS. A token is bound to the machine's cards, its address and a time; it is known here by its
 * SHA-256 alone, and the keys are gone from this host's disk once they are fetched.
 */

/** One file of a bundle; `path` is absolute on the machine. */
export type JoinFile = {
  readonly path: string;
  readonly mode: number;
  /** Root, unless named. */
  readonly owner?: string;
  readonly text: string;
};

/** What one token opens. Times are milliseconds since the epoch. */
export type JoinTicket = {
  readonly cluster: string;
  readonly node: string;
  /** Its cards; none where it is known by its UUID alone, and its address has to do. */
  readonly macs: readonly MacAddress[];
  readonly address: Ipv4Address;
  readonly expires: number;
  /** When the bundle was fetched; absent: not yet. */
  readonly usedAt?: number;
  /** None once they were fetched, or the token has expired. */
  readonly files: readonly JoinFile[];
};

/** Who shows a token. */
export type JoinRequest = {
  readonly address: IpAddress;
  /** Whose address that is by DHCP; undefined: not known. */
  readonly mac: MacAddress | undefined;
};

export type JoinRefusal = {
  readonly kind: "refuse";
  readonly status: 401 | 403 | 410;
  readonly reason: "unknown-token" | "used" | "expired" | "wrong-address" | "wrong-machine";
  /** For the machine's journal and for the operator. */
  readonly sentence: string;
};

export type JoinDecision =
  | {
      readonly kind: "grant";
      readonly files: readonly JoinFile[];
      /** Kept before the files leave. */
      readonly used: JoinTicket;
    }
  | JoinRefusal;

/** May this machine have the bundle? `ticket` is that of the token it shows. */
export function decideJoin(
  { address, mac }: JoinRequest,
  ticket: JoinTicket | undefined,
  now: number,
): JoinDecision {
  if (ticket === undefined) return refuse(401, "unknown-token", "this token was never given out");
  const whose = `the token of ${ticket.node}`;
  if (ticket.usedAt !== undefined) {
    return refuse(410, "used", `${whose} was used before: replace the node if that was not you`);
  }
  if (now >= ticket.expires) {
    return refuse(410, "expired", `${whose} has expired: apply the cluster again for a new one`);
  }
  if (address !== ticket.address) {
    const want = formatIpv4(ticket.address);
    return refuse(403, "wrong-address", `${whose} is for ${want}, and another address shows it`);
  }
  if (mac !== undefined && ticket.macs.length > 0 && !ticket.macs.includes(mac)) {
    const sentence = `${whose} is for ${ticket.macs.join(" or ")}, and ${mac} has its address`;
    return refuse(403, "wrong-machine", sentence);
  }
  return { kind: "grant", files: ticket.files, used: { ...ticket, usedAt: now, files: [] } };
}

/** The ticket without what nobody may fetch any more. */
export function forgetSecrets(ticket: JoinTicket, now: number): JoinTicket {
  const isOver = ticket.usedAt !== undefined || now >= ticket.expires;
  return isOver && ticket.files.length > 0 ? { ...ticket, files: [] } : ticket;
}

/** The token of `Authorization: Bearer <token>` (RFC 6750 §2.1). */
export function readBearer(header: string | undefined): string | undefined {
  return /^Bearer ([A-Za-z0-9._~+/-]{16,256}=*)$/i.exec(header ?? "")?.[1];
}

function refuse(
  status: JoinRefusal["status"],
  ...[reason, sentence]: [JoinRefusal["reason"], string]
): JoinRefusal {
  return { kind: "refuse", status, reason, sentence };
}
