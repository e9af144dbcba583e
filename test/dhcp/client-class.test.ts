import { describe, expect, it } from "vitest";
import { type ClientClassRule, classesOf, poolsFor } from "../../src/dhcp/client-class.ts";
import { OptionCode } from "../../src/dhcp/options.ts";
import { ClientOptions, requestOf } from "../support/dhcp-message.ts";
import { ip, scope } from "../support/dhcp-site.ts";
import { decide, replyOf, words } from "../support/dhcp-world.ts";

const agent = [OptionCode.relayAgent, Buffer.of(1, 2, 0, 7, 2, 1, 9)] as const;
const onie = [OptionCode.vendorClass, "onie_vendor:x86_64-acme"] as const;
const tuple = [OptionCode.userClass, Buffer.from("\x04rack\x02r7")] as const;

describe("classesOf", () => {
  type Case = {
    rule: Omit<ClientClassRule, "name">;
    known?: boolean;
    fits: unknown[];
    not: unknown[];
  };
  const { bios, efi, ipxe, system } = ClientOptions;
  const cases: Case[] = [
    { rule: {}, fits: [bios, system], not: [] },
    { rule: { firmware: ["efi"] }, fits: [efi], not: [bios, system] },
    { rule: { cpu: ["x86_64", "arm64"] }, fits: [efi], not: [bios] },
    { rule: { stage: ["firmware"] }, fits: [bios, efi], not: [ipxe, system] },
    { rule: { stage: ["operating-system"] }, fits: [system], not: [efi] },
    { rule: { known: true }, known: true, fits: [system], not: [] },
    { rule: { known: false }, known: true, fits: [], not: [system] },
    { rule: { vendorClass: "onie_" }, fits: [[onie]], not: [system, efi] },
    { rule: { userClass: "ipxe" }, fits: [ipxe], not: [bios] },
    { rule: { userClass: "r7" }, fits: [[tuple]], not: [system] },
    { rule: { circuitId: "0007" }, fits: [[agent]], not: [system] },
    { rule: { circuitId: "0008" }, fits: [], not: [[agent]] },
    { rule: { circuitId: "0007", remoteId: "09" }, fits: [[agent]], not: [] },
    { rule: { circuitId: "0007", remoteId: "08" }, fits: [], not: [[agent]] },
    { rule: { firmware: ["efi"], cpu: ["arm64"] }, fits: [], not: [efi] },
  ];
  it.each(cases)("$rule, known: $known", ({ rule, known = false, fits, not }) => {
    const isIn = (options: unknown) => {
      // the rows hold what `ClientOptions` holds
      const request = requestOf({ options: options as typeof system });
      return classesOf(request, known, [{ name: "it", ...rule }]).length === 1;
    };
    expect(fits.map(isIn)).toEqual(fits.map(() => true));
    expect(not.map(isIn)).toEqual(not.map(() => false));
  });
});

describe("a pool of a class", () => {
  const range = { first: ip("10.77.0.150"), last: ip("10.77.0.150") };
  const mixed = { ...scope, pools: [{ ...range, classes: ["efi"] }] };
  const classes: ClientClassRule[] = [{ name: "efi", firmware: ["efi"] }];

  it("is for its members alone", () => {
    const world = { settings: { scopes: [mixed], classes } };
    expect(replyOf(decide({ options: ClientOptions.efi }, world)).message.yiaddr).toBe(range.first);
    expect(words(decide({ options: ClientOptions.bios }, world))).toBe("ignore pool-exhausted");
    const ask = { type: "request", requested: "10.77.0.150" } as const;
    expect(words(decide(ask, world))).toBe("nak outside-pool");
  });

  it("leaves the subnet as it is where nothing is kept for others", () => {
    expect(poolsFor(scope, [])).toBe(scope);
  });
});
