import { expect, it } from "vitest";
import { OptionCode } from "../../src/dhcp/options.ts";
import { bookReservations, findReservation } from "../../src/dhcp/reservations.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseUuid } from "../../src/wire/uuid.ts";
import { clientMac, requestOf } from "../support/dhcp-message.ts";
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

it("asks by UUID, MAC, client identifier and port, in this order", () => {
  const mac = parseMac(clientMac);
  const uuid = parseUuid("33221100-5544-7766-8899-aabbccddeeff");
  const rows = [
    { hostname: "by-remote", remoteId: "09" },
    { hostname: "by-circuit", circuitId: "07" },
    { hostname: "by-port", circuitId: "07", remoteId: "09" },
    { hostname: "by-id", clientId: "01ff" },
    { hostname: "by-mac", mac },
    { hostname: "by-uuid", uuid },
  ];
  const guid = Buffer.from("0000112233445566778899aabbccddeeff", "hex");
  const request = requestOf({
    options: [
      [OptionCode.clientUuid, guid],
      [OptionCode.clientId, Buffer.of(1, 255)],
      [OptionCode.relayAgent, Buffer.of(1, 1, 7, 2, 1, 9)],
    ],
  });
  const found: (string | undefined)[] = [];
  for (let left = rows.length; left >= 0; left -= 1) {
    found.push(findReservation(request, bookReservations(rows.slice(0, left)))?.hostname);
  }
  const order = ["by-uuid", "by-mac", "by-id", "by-port", "by-circuit", "by-remote", undefined];
  expect(found).toEqual(order);
});
