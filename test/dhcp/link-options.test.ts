import { expect, it } from "vitest";
import { linkOptions } from "../../src/dhcp/link-options.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { clientMac, requestOf } from "../support/dhcp-message.ts";
import { clientContextOf, ip } from "../support/dhcp-site.ts";

it("tells a reserved machine its name, and all it knows where the client lists nothing", () => {
  const address = ip("10.77.0.120");
  const reservations = [{ address, mac: parseMac(clientMac), hostname: "node-1" }];
  const request = requestOf({});
  const options = linkOptions(request, clientContextOf(request, { settings: { reservations } }));
  expect(options.map(([code]) => code)).toEqual([1, 3, 6, 12, 15, 28]);
  expect(Buffer.from(options[3]?.[1] ?? []).toString()).toBe("node-1");
});
