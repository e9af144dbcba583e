import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIscConfig } from "../../../src/dhcp/reservation-import/isc.ts";
import { tell } from "../../support/import-rows.ts";

const file = `
# a comment with a brace {
authoritative;
default-lease-time 600;
option domain-name "lab.lan"; option ntp-servers 10.77.0.1;
include "/etc/dhcp/more.conf";
subnet 10.77.0.0 netmask 255.255.255.0 {
  range 10.77.0.50 10.77.0.99;
  option routers 10.77.0.1;
  option domain-name-servers 10.77.0.1, 10.77.0.2;
  next-server 10.77.0.1;
  pool { allow unknown-clients; range 10.77.0.100; }
  group {
    filename "pxelinux.0";
    host node1 { hardware ethernet 52:54:0:77:0:10; fixed-address 10.77.0.9; }
    host node2 {
      hardware ethernet 52:54:00:77:00:11; # its "card"
      fixed-address 10.77.0.10, 10.78.0.10;
      option host-name "two";
      option dhcp-client-identifier "x;y";
      filename "grub.efi";
    }
  }
}
host node_3 { hardware ethernet 52:54:00:77:00:12; fixed-address node3.lab.lan; }
host ring { hardware token-ring 52:54:00:77:00:13; }
host id { option dhcp-client-identifier 01:aa; fixed-address 10.77.0.12; }
host denied { hardware ethernet 52:54:00:77:00:14; deny booting; }
class "red" { match if substring(option vendor-class-identifier, 0, 3) = "red"; }
host broken { hardware ethernet zz; }
`;

describe("dhcpd.conf", () => {
  it("is read statement by statement, in blocks too", () => {
    expect(parseIscConfig(file).map(tell)).toEqual([
      "3 nothing to set: this server is authoritative",
      "4 dhcp.lease: 600s",
      "5 dns.domain: lab.lan",
      "5 left: option",
      "6 left: other-file",
      "8 dhcp.pools: [10.77.0.50-10.77.0.99]",
      "9 dhcp.router: 10.77.0.1",
      "10 dhcp.dns: [10.77.0.1, 10.77.0.2]",
      "11 left: boot-is-ours",
      "12 left: no-counterpart",
      "12 dhcp.pools: [10.77.0.100-10.77.0.100]",
      "14 left: boot-is-ours",
      "15 52:54:00:77:00:10 10.77.0.9 node1",
      "16 52:54:00:77:00:11+id/783b79 10.77.0.10 two (10.78.0.10: second-address) (filename grub.efi: boot-is-ours)",
      "25 52:54:00:77:00:12 - - (fixed-address node3.lab.lan: address-by-name) (node_3: not-a-host-name)",
      "26 left: not-ethernet",
      "27 id/01aa 10.77.0.12 id",
      "28 left: ignored-machine",
      "29 left: condition",
      "30 left: unreadable",
    ]);
  });

  it.each([
    {
      name: "a block without an end",
      text: "host a { hardware ethernet 52:54:00:77:00:10",
      want: ["1 left: identifier", "1 left: unreadable"],
    },
    { name: "an end without a block", text: "}", want: ["1 left: unreadable"] },
    { name: "a sentence without an end", text: "range 10.77.0.1", want: ["1 left: unreadable"] },
    {
      name: "a hundred blocks: the depth, and each of 32 that has no end",
      text: "pool {".repeat(100),
      want: Array(33).fill("1 left: unreadable"),
    },
  ])("$name is told as unreadable", ({ text, want }) => {
    expect(parseIscConfig(text).map(tell)).toEqual(want);
  });

  it("throws for nothing", () => {
    const word = fc.constantFrom("host", "{", "}", ";", '"', "hardware ethernet", "#", "\n");
    const piece = fc.oneof(word, fc.string({ unit: "grapheme-ascii" }));
    fc.assert(
      fc.property(fc.array(piece), (all) => {
        expect(parseIscConfig(all.join(" "))).toBeDefined();
      }),
    );
  });
});
