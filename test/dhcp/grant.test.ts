import { expect, it } from "vitest";
import { formLease, timeOptions } from "../../src/dhcp/grant.ts";
import type { Lease } from "../../src/dhcp/lease.ts";
import { LeaseTable } from "../../src/dhcp/lease-table.ts";
import { ClientOptions, requestOf } from "../support/dhcp-message.ts";
import { clientContextOf, ip, noon, settings } from "../support/dhcp-site.ts";

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
  formLease(address, request, clientContextOf(request, { leases: new LeaseTable(leases) }));

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

it("moves T1 and T2 forward by the share it is told, and the lease's end by nothing", () => {
  const times = timeOptions({ ...before, expires: noon + 1_000_000 }, noon, 0.1);
  const seconds = times.map(([, value]) => Buffer.from(value).readUInt32BE());
  expect(seconds).toEqual([1000, 450, 787]);
});
