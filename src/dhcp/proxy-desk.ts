import type { FindingSink } from "../boot/finding.ts";
import type { MacAddress } from "../wire/mac.ts";
import {
  decideBootServer,
  decideProxy,
  type ProxyDecision,
  type ProxySettings,
} from "./decide-proxy.ts";
import { describeIgnored, proxyIgnored } from "./proxy-findings.ts";
import { ProxyMemory } from "./proxy-memory.ts";
import { afterFetch, isIgnored, type Trial } from "./proxy-trial.ts";
import { type BindingKey, type DhcpRequest, keyOfMac } from "./request.ts";
import type { DhcpSite } from "./settings.ts";

type Asked = {
  readonly service: 67 | 4011;
  readonly site: DhcpSite;
  readonly settings: ProxySettings;
  readonly now: number;
};

/** Decides for the proxy and the boot server, remembers what came of it, and says when nothing did. */
export class ProxyDesk {
  readonly #memory = new ProxyMemory();
  readonly #findings: FindingSink;

  constructor(findings: FindingSink) {
    this.#findings = findings;
  }

  decide(request: DhcpRequest, { service, ...rest }: Asked): ProxyDecision {
    const { key, client } = request;
    const trial = this.#memory.trialOf(key);
    const decide = service === 67 ? decideProxy : decideBootServer;
    const decision = decide(request, { ...rest, trial });
    if (decision.trial !== undefined) {
      this.#keep(key, decision.trial);
      if (isIgnored(decision.trial)) {
        this.#findings.raise(describeIgnored(client, key, rest.site));
      }
    }
    return decision;
  }

  /** A machine came for a file by TFTP or HTTP, so it took up what it was offered last. */
  sawFetch(mac: MacAddress, now: number): void {
    const key = keyOfMac(mac);
    const trial = this.#memory.trialOf(key);
    if (trial !== undefined) this.#keep(key, afterFetch(trial, now));
  }

  #keep(key: BindingKey, trial: Trial): void {
    const before = this.#memory.trialOf(key);
    this.#memory.keep(key, trial);
    if (isIgnored(before) && !isIgnored(trial)) this.#findings.clear(proxyIgnored(key));
  }
}
