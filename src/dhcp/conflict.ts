import type { Finding } from "../boot/finding.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import { isLive, type Lease, type LeaseChange, type Offer } from "./lease.ts";
import type { BindingKey } from "./request.ts";

/** What the link said of an address; `unknown` when it could not be asked. */
export type ProbeAnswer =
  | { readonly kind: "silent" }
  | { readonly kind: "answered"; readonly by: MacAddress }
  | { readonly kind: "unknown" };

/** An address that was asked about, and what the tables hold of it now that the answer is here. */
export type ConflictCase = {
  readonly address: Ipv4Address;
  readonly answer: ProbeAnswer;
  readonly lease: Lease | undefined;
  readonly offer: Offer | undefined;
  /** It is out of use because an earlier probe was answered, and not because a client declined it. */
  readonly isAbandoned: boolean;
  readonly declineSeconds: number;
  readonly now: number;
};

export type ConflictDecision =
  | { readonly kind: "none"; readonly reason: "not-asked" | "owner-answers" }
  /** `changes` give an abandoned address back. */
  | { readonly kind: "silent"; readonly reason: "silent"; readonly changes: readonly LeaseChange[] }
  | {
      readonly kind: "conflict";
      readonly reason: "leased-address" | "offered-address" | "free-address" | "declined-address";
      /** They take the address out of use; none where a machine has a lease of it. */
      readonly changes: readonly LeaseChange[];
      readonly finding: Finding;
    };

/** What an answer to a probe means. A machine that answers for its own address is no conflict. */
export function decideConflict(asked: ConflictCase): ConflictDecision {
  const { address, answer, lease, offer, now } = asked;
  if (answer.kind === "unknown") return { kind: "none", reason: "not-asked" };
  if (answer.kind === "silent") {
    return { kind: "silent", reason: "silent", changes: givenBack(asked) };
  }
  const { by } = answer;
  const held = offer !== undefined && isLive(offer, now) ? offer : undefined;
  const bound = lease?.state === "bound" && isLive(lease, now) ? lease : undefined;
  if (held?.key === keyOf(by) || bound?.key === keyOf(by)) {
    return { kind: "none", reason: "owner-answers" };
  }
  const finding = formConflictFinding(address, by, bound?.key);
  if (bound !== undefined) {
    // Its client was told yes: it may have looked itself, and a lease is never taken back.
    return { kind: "conflict", reason: "leased-address", changes: [], finding };
  }
  if (lease?.state === "declined" && isLive(lease, now)) {
    return { kind: "conflict", reason: "declined-address", changes: [], finding };
  }
  const reason = held === undefined ? "free-address" : "offered-address";
  const withdrawn: LeaseChange[] = offer === undefined ? [] : [{ kind: "withdraw", address }];
  const changes: LeaseChange[] = [...withdrawn, { kind: "lease", lease: abandoned(asked, by) }];
  return { kind: "conflict", reason, changes, finding };
}

/** What an operator reads; a client that declined saw somebody, though not who. */
export function formConflictFinding(
  address: Ipv4Address,
  by: MacAddress | undefined,
  holder: BindingKey | undefined,
): Finding {
  const text = formatIpv4(address);
  const whose =
    holder === undefined ? "which Kindling may give out" : `which is leased to ${holder}`;
  const who = by ?? "a machine that a client noticed";
  return {
    code: "dhcp.address-conflict",
    severity: "warning",
    sentence: `${who} uses ${text}, ${whose}`,
    cure: "let it ask for its address, reserve this one for its MAC, or leave it out of dhcp.pools",
    subject: text,
    ...(by !== undefined && { mac: by }),
  };
}

/**
 * Under which an address is out of use because this client was found on it. After the leases were lost
 * that is every machine of the link, and each gets its address when it asks for it.
 */
export function abandonedKey(key: BindingKey): BindingKey {
  return `abandoned/${key}` as BindingKey; // proven: made of one
}

// Kept with the leases: that survives a restart and shows who it is.
function abandoned({ address, now, declineSeconds }: ConflictCase, by: MacAddress): Lease {
  const expires = now + declineSeconds * 1000;
  return {
    address,
    key: abandonedKey(keyOf(by)),
    state: "declined",
    expires,
    relayed: false,
    mac: by,
  };
}

function givenBack({ lease, isAbandoned, now }: ConflictCase): readonly LeaseChange[] {
  if (!isAbandoned || lease?.state !== "declined") return [];
  return [{ kind: "lease", lease: { ...lease, state: "released", expires: now } }];
}

function keyOf(mac: MacAddress): BindingKey {
  return mac as string as BindingKey; // proven: an Ethernet client's key is its MAC as text
}
