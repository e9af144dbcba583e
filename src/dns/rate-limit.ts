import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { type Subnet, subnetContains, subnetOf } from "../wire/subnet.ts";
import { RCode } from "./message.ts";
import type { DnsName } from "./name.ts";

/**
 * How many answers a second may go to one network by UDP. Whoever asks with a forged source makes us
 * answer the victim; answers of one kind to one /24 are therefore counted (response rate limiting).
 */
export type RateLimit = {
  /** Answers of one name and kind to one /24; 0 sets no limit. */
  readonly answers: number;
  /** Refusals of all names together to one /24; 0 sets no limit. */
  readonly refused: number;
  /**
   * Each so-manieth answer over the limit goes out empty: with TC, so that a real client asks by TCP, or with
   * BADCOOKIE and a cookie to one that knows cookies; 0: none.
   */
  readonly slip: number;
  /** Limits clients of served subnets, too. */
  readonly local: boolean;
};

export type RateVerdict = "send" | "slip" | "drop";

export type RatedAnswer = {
  readonly client: Ipv4Address;
  /** Whose records were given: whoever asks chooses names below a wildcard at will. */
  readonly source: DnsName | undefined;
  readonly rcode: number;
  /** Its sender is who it says it is: a connection or a cookie shows that. */
  readonly isProven: boolean;
};

/** Kinds counted in one second; beyond them all further kinds share one count. */
export const rateKindsMax = 20_000;

const windowMs = 1000;
const networkPrefix = 24;

/** Counts answers in windows of one second. Everything is forgotten at the end of each. */
export class RateCounter {
  readonly #served: readonly Subnet[];
  #counts = new Map<string, number>();
  #window = Number.NaN;

  /** `served`: subnets whose clients are not limited unless `local` says so. */
  constructor(served: readonly Subnet[]) {
    this.#served = served;
  }

  decide(limit: RateLimit, answer: RatedAnswer, now: number): RateVerdict {
    const { client, rcode, isProven } = answer;
    if (isProven) return "send";
    const most = rcode === RCode.refused ? limit.refused : limit.answers;
    if (most === 0) return "send";
    if (!limit.local && this.#served.some((subnet) => subnetContains(subnet, client))) {
      return "send";
    }
    const over = this.#count(kindOf(answer), Math.floor(now / windowMs)) - most;
    if (over <= 0) return "send";
    return limit.slip > 0 && over % limit.slip === 0 ? "slip" : "drop";
  }

  #count(kind: string, window: number): number {
    if (window !== this.#window) {
      this.#window = window;
      this.#counts = new Map();
    }
    const isRoom = this.#counts.size < rateKindsMax || this.#counts.has(kind);
    const key = isRoom ? kind : "";
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count;
  }
}

// An attacker chooses names at will where we say no, so the negative kinds count for all names.
function kindOf({ client, source, rcode }: RatedAnswer): string {
  const network = formatIpv4(subnetOf(client, networkPrefix).network);
  return rcode === RCode.noError ? `${network} ${source}` : `${network} ${rcode}`;
}
