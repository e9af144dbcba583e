import { describe, expect, it } from "vitest";
import { decideAddress } from "../../src/dhcp/decide-held.ts";
import type { Lease } from "../../src/dhcp/lease.ts";
import { LeaseTable } from "../../src/dhcp/lease-table.ts";
import { clientMac, type MessageParts, requestOf } from "../support/dhcp-message.ts";
import { contextOf, ip, noon } from "../support/dhcp-site.ts";

const address = "10.77.0.120";
const { key } = requestOf({});
const lease: Lease = {
  ...{ address: ip(address), key, state: "bound", expires: noon + 60_000, relayed: false },
};
const renew: MessageParts = { type: "request", ciaddr: address };
const reboot: MessageParts = { type: "request", requested: address };
const other = "52:54:00:77:00:99";

describe("decideAddress while nothing new is given", () => {
  it.each<{ name: string; send: MessageParts; want: string | undefined; ended?: true }>([
    { name: "renews a lease of ours", send: renew, want: "lease-renewed" },
    { name: "knows it after a restart of the client", send: reboot, want: "lease-known" },
    { name: "takes it back", send: { type: "release", ciaddr: address }, want: "released" },
    {
      name: "hears that it is in use elsewhere",
      send: { type: "decline", requested: address, serverId: "10.77.0.1" },
      want: "declined",
    },
    { name: "offers nothing", send: {}, want: undefined },
    { name: "rebuilds no lease it does not know", send: { ...renew, mac: other }, want: undefined },
    {
      name: "refuses nobody: the address may be the other server's",
      send: { type: "request", requested: "10.99.0.1" },
      want: undefined,
    },
    { name: "renews no lease that ended", send: renew, ended: true, want: undefined },
    {
      name: "leaves a client that chose the other to it",
      send: { ...reboot, serverId: "10.77.0.254" },
      want: undefined,
    },
    { name: "informs nobody", send: { type: "inform", ciaddr: address }, want: undefined },
  ])("$name", ({ send, want, ended }) => {
    const leases = new LeaseTable([ended ? { ...lease, expires: noon } : lease]);
    const request = requestOf({ mac: clientMac, ...send });
    expect(decideAddress("hold", request, contextOf({ leases }))?.reason).toBe(want);
    const probing = decideAddress("probe", request, contextOf({ leases }));
    expect(probing?.reason).toBe(want ?? "probing");
  });

  it("is the whole server in full, and none in proxy", () => {
    expect(decideAddress("full", requestOf({}), contextOf())?.reason).toBe("pool");
    expect(decideAddress("proxy", requestOf({}), contextOf())).toBeUndefined();
  });
});
