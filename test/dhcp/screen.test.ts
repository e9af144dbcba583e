import { expect, it } from "vitest";
import { isForAnotherServer, screenRequest } from "../../src/dhcp/screen.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { ClientOptions, clientMac, requestOf } from "../support/dhcp-message.ts";
import { ip, site } from "../support/dhcp-site.ts";

const disabled = new Set([parseMac(clientMac)]);
const rows = [
  {
    name: "a machine nobody disabled",
    send: { mac: "52:54:00:00:00:01", options: ClientOptions.efi },
    want: undefined,
  },
  {
    name: "a disabled machine's firmware",
    send: { options: ClientOptions.efi },
    want: "machine-disabled",
  },
  {
    name: "a disabled machine's iPXE",
    send: { options: ClientOptions.ipxe },
    want: "machine-disabled",
  },
  { name: "a disabled machine's system", send: { options: ClientOptions.system }, want: undefined },
  { name: "a relay that has our address", send: { giaddr: "10.77.0.1" }, want: "relay-loop" },
] as const;
it.each(rows)("answers $want to $name", ({ send, want }) => {
  expect(screenRequest(requestOf(send), site, disabled)).toBe(want);
});

const servers = [
  { name: "no server", send: {}, want: false },
  { name: "us", send: { serverId: "10.77.0.1" }, want: false },
  { name: "another", send: { serverId: "10.77.0.2" }, want: true },
  {
    name: "the address a relay gave us",
    send: { serverId: "10.88.0.1" },
    override: "10.88.0.1",
    want: false,
  },
];
it.each(servers)(
  "takes a request that names $name as $want for another server",
  ({ send, override, want }) => {
    const request = requestOf(send);
    const seen = override ? { ...request, serverOverride: ip(override) } : request;
    expect(isForAnotherServer(seen, site)).toBe(want);
  },
);
