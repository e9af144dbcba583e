import { expect, it } from "vitest";
import { bookReservations } from "../../src/dhcp/reservations.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseUuid } from "../../src/wire/uuid.ts";
import { ip } from "../support/dhcp-site.ts";

it("finds a reservation by its address and by each name it has", () => {
  const mac = parseMac("52:54:00:77:00:10");
  const uuid = parseUuid("33221100-5544-7766-8899-aabbccddeeff");
  const both = { address: ip("10.77.0.20"), mac, uuid };
  const unnamed = { address: ip("10.77.0.21") };
  const book = bookReservations([both, unnamed]);
  expect(book.byMac.get(mac)).toBe(both);
  expect(book.byUuid.get(uuid)).toBe(both);
  expect([...book.byAddress.values()]).toEqual([both, unnamed]);
});
