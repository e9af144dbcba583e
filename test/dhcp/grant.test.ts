import { expect, it } from "vitest";
import { formLease, linkOptions, timeOptions } from "../../src/dhcp/grant.ts";
import type { Lease } from "../../src/dhcp/lease.ts";
import { LeaseTable } from "../../src/dhcp/lease-table.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { ClientOptions, clientMac, requestOf } from "../support/dhcp-message.ts";
import { contextOf, ip, noon, scope, settings } from "../support/dhcp-site.ts";

const address = ip("10.77.0.120");
const firmware = requestOf({ options: ClientOptions.efi });
const before: Lease = {
  address,
  key: firmware.key,
  state: "bound",
  expires: noon + 3_600_000,
  relayed: false,
  hostname: "old-name",
};
const lease = (leases: readonly Lease[], request = firmware) =>
  formLease(address, request, { ...contextOf({ leases: new LeaseTable(leases) }), scope });

it("keeps the end of a longer lease that runs, and of no other", () => {
  const short = noon + settings.bootLeaseSeconds * 1000;
  expect(lease([before]).expires).toBe(before.expires);
  expect(lease([{ ...before, state: "released" }]).expires).toBe(short);
  expect(lease([{ ...before, key: requestOf({ mac: "52:54:00:00:00:01" }).key }]).expires).toBe(
    short,
  );
});

it("keeps the name that a system told when firmware, which has none, comes back", () => {
  expect(lease([before]).hostname).toBe("old-name");
  expect(lease([before], requestOf({ options: [[12, "new-name"]] })).hostname).toBe("new-name");
});

it("rounds times down, so that the client's lease never outlives ours", () => {
  const [time] = timeOptions({ ...before, expires: noon + 1_999 }, noon);
  expect(time).toEqual([51, Buffer.of(0, 0, 0, 1)]);
});

it("tells a reserved machine its name, and all it knows where the client lists nothing", () => {
  const reservations = [{ address, mac: parseMac(clientMac), hostname: "node-1" }];
  const options = linkOptions(requestOf({}), {
    ...contextOf({ settings: { reservations } }),
    scope,
  });
  expect(options.map(([code]) => code)).toEqual([1, 3, 6, 12, 15, 28]);
  expect(Buffer.from(options[3]?.[1] ?? []).toString()).toBe("node-1");
});
