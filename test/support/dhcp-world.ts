/** One message, the leases and offers there are, and what the address server makes of them. */
import { decideDhcp } from "../../src/dhcp/decide.ts";
import type { DhcpDecision } from "../../src/dhcp/decision.ts";
import type { Lease } from "../../src/dhcp/lease.ts";
import { LeaseTable } from "../../src/dhcp/lease-table.ts";
import { OptionCode } from "../../src/dhcp/options.ts";
import { nameOfType } from "../../src/dhcp/reply.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { clientMac, type MessageParts, requestOf } from "./dhcp-message.ts";
import { contextOf, ip, noon, type settings } from "./dhcp-site.ts";

export const otherMac = "52:54:00:77:00:99";
export const hour = 3_600_000;

export function lease(parts: Partial<Lease> & { at: string; of?: string }): Lease {
  const { at, of = clientMac, ...rest } = parts;
  const { key } = requestOf({ mac: of });
  const fresh = { state: "bound", expires: noon + hour, relayed: false } as const;
  return { ...fresh, mac: parseMac(of), ...rest, address: ip(at), key };
}

export type World = {
  leases?: readonly Lease[];
  offers?: readonly { at: string; of?: string; since?: number; expires?: number }[];
  settings?: Partial<typeof settings>;
};

export function decide(send: MessageParts, world: World = {}): DhcpDecision {
  const leases = new LeaseTable(world.leases);
  for (const { at, of = clientMac, since = noon, expires = noon + 60_000 } of world.offers ?? []) {
    const { key } = requestOf({ mac: of });
    leases.apply([{ kind: "offer", offer: { address: ip(at), key, since, expires } }]);
  }
  return decideDhcp(requestOf(send), contextOf({ leases, settings: world.settings ?? {} }));
}

export function replyOf(decision: DhcpDecision) {
  if (decision.kind !== "reply") throw new Error(`no reply: ${decision.reason}`);
  return decision.reply;
}

export const option = (decision: DhcpDecision, code: number) => {
  const value = replyOf(decision).message.options.get(code);
  return value && Buffer.from(value);
};

/** "ack lease-known", "ignore other-server": what a row wants to see. */
export function words(decision: DhcpDecision): string {
  if (decision.kind !== "reply") return `${decision.kind} ${decision.reason}`;
  const type = decision.reply.message.options.get(OptionCode.messageType)?.[0];
  return `${nameOfType(type)} ${decision.reason}`;
}

export const us = "10.77.0.1";
export const selecting = (requested: string): MessageParts => ({
  type: "request",
  serverId: us,
  requested,
});
export const rebooting = (requested: string): MessageParts => ({ type: "request", requested });
export const renewing = (ciaddr: string): MessageParts => ({ type: "request", ciaddr });
export const other = (at: string, parts: Partial<Lease> = {}) =>
  lease({ at, of: otherMac, ...parts });
