import { expect, it } from "vitest";
import type { DhcpScope } from "../../src/dhcp/settings.ts";
import { chooseLink } from "../../src/dhcp/subnet-choice.ts";
import { formatSubnet, parseSubnet } from "../../src/wire/subnet.ts";
import { type MessageParts, octets, requestOf } from "../support/dhcp-message.ts";
import { contextOf, far, scope, site } from "../support/dhcp-site.ts";

const third: DhcpScope = { ...far, subnet: parseSubnet("10.99.0.0/24") };
const side: DhcpScope = {
  ...far,
  subnet: parseSubnet("10.66.0.0/24"),
  link: site.server,
  sharedNetwork: "lan",
};
const near: DhcpScope = { ...scope, sharedNetwork: "lan" };
const scopes = [near, far, third, side];

const [own, relayed, other] = ["10.77.0.0/24,10.66.0.0/24", "10.88.0.0/24", "10.99.0.0/24"];
const linkSelection = (to: string) => [82, Buffer.from([5, 4, ...octets(to)])] as const;
const subnetSelection = (to: string) => [118, octets(to)] as const;

const rows: { name: string; send: MessageParts; want: string }[] = [
  { name: "the link it was heard on", send: {}, want: own },
  { name: "the relay's address", send: { giaddr: "10.88.0.1" }, want: relayed },
  {
    name: "RFC 3011 §3: option 118 before giaddr",
    send: { giaddr: "10.88.0.1", options: [subnetSelection("10.99.0.0")] },
    want: other,
  },
  {
    name: "RFC 3011 §3: option 118 of a client without a relay",
    send: { options: [subnetSelection("10.99.0.0")] },
    want: other,
  },
  {
    name: "RFC 3527 §3: 82.5 before option 118",
    send: {
      giaddr: "10.88.0.1",
      options: [subnetSelection("10.77.0.0"), linkSelection("10.99.0.0")],
    },
    want: other,
  },
  {
    name: "a subnet that is told and not served",
    send: { giaddr: "10.88.0.1", options: [linkSelection("10.55.0.0")] },
    want: "unknown-subnet",
  },
  { name: "a relay on no subnet of ours", send: { giaddr: "10.55.0.1" }, want: "unknown-subnet" },
  {
    name: "the subnet of ciaddr among those of the link",
    send: { type: "request", ciaddr: "10.66.0.9" },
    want: "10.66.0.0/24,10.77.0.0/24",
  },
  {
    name: "an INFORM's ciaddr behind a relay",
    send: { type: "inform", ciaddr: "10.88.0.9" },
    want: relayed,
  },
  {
    name: "a ciaddr behind a relay that nobody leased",
    send: { type: "request", ciaddr: "10.88.0.9" },
    want: "unknown-lease",
  },
  { name: "a ciaddr of nowhere", send: { type: "request", ciaddr: "10.55.0.9" }, want: own },
];

it.each(rows)("$name: $want", ({ send, want }) => {
  const choice = chooseLink(requestOf(send), contextOf({ settings: { scopes } }));
  const got =
    choice.kind === "none"
      ? choice.reason
      : choice.scopes.map(({ subnet }) => formatSubnet(subnet)).join(",");
  expect(got).toBe(want);
});

it("a subnet with a link of its own is on no other", () => {
  const elsewhere = [{ ...scope, link: "relays" } as const];
  const choice = chooseLink(requestOf({}), contextOf({ settings: { scopes: elsewhere } }));
  expect(choice).toEqual({ kind: "none", reason: "unknown-subnet" });
});
