import type { Finding, FindingCode } from "../boot/finding.ts";
import type { LeaseChange } from "./lease.ts";
import type { Refusal, Shortage } from "./pool.ts";
import type { DhcpReply } from "./reply.ts";
import type { ScreenReason } from "./screen.ts";

/** What to do about one message. `changes` are kept before `reply` is sent. */
export type DhcpDecision =
  | {
      readonly kind: "reply";
      readonly reason: ReplyReason;
      readonly reply: DhcpReply;
      readonly changes: readonly LeaseChange[];
      readonly findings?: readonly FindingChange[];
    }
  | {
      /** The tables change and nobody is told: RFC 2131 has no answer to this message. */
      readonly kind: "record";
      readonly reason: RecordReason;
      readonly changes: readonly LeaseChange[];
      readonly findings?: readonly FindingChange[];
    }
  | { readonly kind: "ignore"; readonly reason: IgnoreReason };

/** What the operator is to learn of it, or need not hold on to any more. */
export type FindingChange =
  | { readonly kind: "raise"; readonly finding: Finding }
  | { readonly kind: "clear"; readonly code: FindingCode; readonly subject: string };

type ReplyReason = OfferReason | AckReason | Refusal | "informed" | "bootp";
type OfferReason = "reservation" | "lease" | "requested" | "pool";
export type AckReason =
  | "offer-accepted"
  | "offer-forgotten"
  | "lease-known"
  | "lease-renewed"
  | "lease-rebuilt"
  | "rapid-commit";
type RecordReason = "released" | "declined" | "other-server-chosen";
/** Why the address server has nothing to say. */
export type IgnoreReason =
  | ScreenReason
  | "unknown-subnet"
  | Shortage
  | "other-server"
  | "unknown-lease"
  | "not-the-holder"
  | "no-address"
  | "no-reservation"
  | "wrong-subnet"
  | "not-for-servers";
