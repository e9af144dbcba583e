import fc from "fast-check";
import { expect, it } from "vitest";
import { decideDhcp } from "../../src/dhcp/decide.ts";
import type { Lease } from "../../src/dhcp/lease.ts";
import { LeaseTable } from "../../src/dhcp/lease-table.ts";
import { OptionCode } from "../../src/dhcp/options.ts";
import { formatIpv4, type Ipv4Address } from "../../src/wire/ipv4.ts";
import { type MessageParts, requestOf } from "../support/dhcp-message.ts";
import { contextOf, ip, noon, scope } from "../support/dhcp-site.ts";

// Six machines and four addresses: every step is a fight.
const pools = [{ first: ip("10.77.0.100"), last: ip("10.77.0.103") }];
const tight = { scopes: [{ ...scope, pools }], leaseSeconds: 600, graceSeconds: 60 };
const us = "10.77.0.1";

const machine = fc.integer({ min: 0, max: 5 });
const address = fc.integer({ min: 100, max: 104 }).map((last) => `10.77.0.${last}`);
const step = fc.oneof(
  fc.record({ kind: fc.constant("discover" as const), machine }),
  fc.record({ kind: fc.constant("select" as const), machine }),
  fc.record({ kind: fc.constant("claim" as const), machine, address, selecting: fc.boolean() }),
  fc.record({ kind: fc.constant("renew" as const), machine, address }),
  fc.record({ kind: fc.constant("release" as const), machine }),
  fc.record({ kind: fc.constant("decline" as const), machine }),
  fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 900 }) }),
  fc.record({ kind: fc.constant("crash" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** The server and its disk, and the machines as they see themselves. */
class Link {
  readonly #disk = new Map<Ipv4Address, Lease>();
  /** Address → its user and until when, by the machine's own watch. */
  readonly #using = new Map<string, { machine: number; until: number }>();
  readonly #offered = new Map<number, string>();
  #table = new LeaseTable();
  #now = noon;

  run(one: Step): void {
    if (one.kind === "wait") this.#now += one.seconds * 1000;
    else if (one.kind === "crash") this.#table = new LeaseTable(this.#disk.values());
    else this.#act(one);
  }

  #act(one: Exclude<Step, { kind: "wait" | "crash" }>): void {
    const offered = this.#offered.get(one.machine);
    const used = [...this.#using].find(
      ([, use]) => use.machine === one.machine && use.until > this.#now,
    )?.[0];
    if (one.kind === "discover") this.#send(one.machine, { type: "discover" });
    else if (one.kind === "select" && offered)
      this.#send(one.machine, { type: "request", serverId: us, requested: offered });
    else if (one.kind === "claim")
      this.#send(one.machine, {
        type: "request",
        requested: one.address,
        ...(one.selecting && { serverId: us }),
      });
    else if (one.kind === "renew")
      this.#send(one.machine, { type: "request", ciaddr: used ?? one.address });
    else if (used && one.kind === "release")
      this.#leave(used, one.machine, { type: "release", ciaddr: used, serverId: us });
    else if (used && one.kind === "decline")
      this.#leave(used, one.machine, { type: "decline", requested: used, serverId: us });
  }

  #leave(used: string, machine: number, parts: MessageParts): void {
    this.#using.delete(used);
    this.#send(machine, parts);
  }

  #send(machine: number, parts: MessageParts): void {
    const request = requestOf({ ...parts, mac: `52:54:00:00:00:0${machine}` });
    const decision = decideDhcp(
      request,
      contextOf({ leases: this.#table, now: this.#now, settings: tight }),
    );
    if (decision.kind === "ignore") return;
    for (const change of decision.changes) {
      if (change.kind === "lease") this.#disk.set(change.lease.address, change.lease);
    }
    this.#table.apply(decision.changes);
    if (decision.kind !== "reply" || decision.reply.message.yiaddr === 0) return;
    const { options, yiaddr } = decision.reply.message;
    const got = formatIpv4(yiaddr);
    if (options.get(OptionCode.messageType)?.[0] === 2) this.#offered.set(machine, got);
    else
      this.#use(machine, got, Buffer.from(options.get(OptionCode.leaseTime) ?? []).readUInt32BE());
  }

  #use(machine: number, got: string, seconds: number): void {
    const before = this.#using.get(got);
    if (before && before.until > this.#now)
      expect(`${got} of ${machine}`).toBe(`${got} of ${before.machine}`);
    for (const [other, use] of this.#using) if (use.machine === machine) this.#using.delete(other);
    this.#using.set(got, { machine, until: this.#now + seconds * 1000 });
  }
}

it("never lets two machines use one address, whatever they send and whenever the server dies", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 80 }), (steps) => {
      const link = new Link();
      for (const one of steps) link.run(one);
    }),
    { numRuns: 400 },
  );
});
