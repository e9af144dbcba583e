import { expect, it } from "vitest";
import { listBindings } from "../../src/dhcp/bindings.ts";
import type { Lease } from "../../src/dhcp/lease.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseUuid } from "../../src/wire/uuid.ts";
import { requestOf } from "../support/dhcp-message.ts";
import { ip } from "../support/dhcp-site.ts";

it("lists leases with their state now, and the reservations nobody has taken up", () => {
  const mac = parseMac("52:54:00:77:00:10");
  const { key } = requestOf({});
  const uuid = parseUuid("4c4c4544-0051-3610-8052-b4c04f4a3132");
  const common = { key, mac, relayed: false } as const;
  const leases: Lease[] = [
    { ...common, address: ip("10.0.0.1"), state: "bound", expires: 50, hostname: "ann" },
    { ...common, address: ip("10.0.0.2"), state: "bound", expires: 150, relayed: true, uuid },
  ];
  const reservations = [
    { address: ip("10.0.0.2"), mac },
    { address: ip("10.0.0.3"), mac, hostname: "bob" },
  ];
  expect(listBindings({ leases, offers: [], reservations }, 100)).toEqual([
    {
      address: ip("10.0.0.1"),
      mac,
      hostname: "ann",
      reserved: false,
      state: "expired",
      expires: 50,
      relayed: false,
    },
    {
      address: ip("10.0.0.2"),
      mac,
      uuid,
      reserved: true,
      state: "bound",
      expires: 150,
      relayed: true,
    },
    { address: ip("10.0.0.3"), mac, hostname: "bob", reserved: true, state: "reserved" },
  ]);
});

it("lists who was offered an address that nobody has, while the offer stands", () => {
  const mac = parseMac("52:54:00:77:00:10");
  const { key } = requestOf({});
  const gone: Lease = {
    key,
    mac,
    relayed: false,
    address: ip("10.0.0.1"),
    state: "released",
    expires: 9,
  };
  const bound: Lease = { ...gone, address: ip("10.0.0.2"), state: "bound", expires: 500 };
  const offer = (address: string, more = {}) => {
    return { address: ip(address), key, since: 0, expires: 150, mac, hostname: "ann", ...more };
  };
  const offers = [
    offer("10.0.0.1"),
    offer("10.0.0.2"),
    offer("10.0.0.3", { expires: 100 }),
    { address: ip("10.0.0.4"), key, since: 0, expires: 150 },
    offer("10.0.0.5"),
  ];
  const reservations = [{ address: ip("10.0.0.5"), mac, hostname: "ann" }];
  const sources = { leases: [gone, bound], offers, reservations };
  expect(listBindings(sources, 100)).toEqual([
    {
      ...{ address: ip("10.0.0.2"), mac, reserved: false, state: "bound" },
      ...{ expires: 500, relayed: false },
    },
    { address: ip("10.0.0.1"), mac, hostname: "ann", reserved: false, state: "offered" },
    { address: ip("10.0.0.5"), mac, hostname: "ann", reserved: true, state: "offered" },
  ]);
});
