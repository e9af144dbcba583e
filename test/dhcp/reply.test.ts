import { expect, it } from "vitest";
import { MessageType, OptionCode } from "../../src/dhcp/options.ts";
import { addressBytes, destinationOf, formReply, nameOfType } from "../../src/dhcp/reply.ts";
import { messageOf, requestOf } from "../support/dhcp-message.ts";
import { ip, site } from "../support/dhcp-site.ts";

const home = ip("10.77.0.50");
const routes = [
  {
    name: "a relay before anything else",
    header: { giaddr: ip("10.88.0.1"), ciaddr: home, yiaddr: home },
    to: "10.88.0.1",
    port: "server",
  },
  {
    name: "a client that renews",
    header: { ciaddr: home, yiaddr: home },
    to: "10.77.0.50",
    port: "client",
  },
  { name: "a client that informs", header: { ciaddr: home }, to: "10.77.0.50", port: "client" },
  {
    name: "nobody at an address the reply does not confirm",
    header: { ciaddr: ip("192.0.2.1"), yiaddr: home },
    to: "255.255.255.255",
    port: "client",
  },
  {
    name: "a client without an address",
    header: { yiaddr: home },
    to: "255.255.255.255",
    port: "client",
  },
];
it.each(routes)("goes to $name", ({ header, to, port }) => {
  expect(destinationOf(messageOf({ header }))).toEqual({ address: ip(to), port });
});

it("repeats xid, chaddr, flags and giaddr, and 82 last", () => {
  const options = [[82, Buffer.of(1, 0)] as const];
  const request = requestOf({
    giaddr: "10.88.0.1",
    options,
    header: { flags: 0x8000, secs: 7, hops: 3 },
  });
  const reply = formReply(request, site, {
    type: MessageType.offer,
    options: [[OptionCode.router, addressBytes(ip("10.77.0.254"))]],
  });
  const { xid, chaddr, flags, giaddr } = request.message;
  expect(reply).toMatchObject({ op: 2, xid, chaddr, flags, giaddr, secs: 0, hops: 0 });
  expect([...reply.options.keys()]).toEqual([53, 54, 3, 82]);
});

it("names every message type, and an unknown one other", () => {
  const names = Object.values(MessageType).map((type) => nameOfType(type));
  expect(names).toEqual(Object.keys(MessageType));
  expect(nameOfType(99)).toBe("other");
});
