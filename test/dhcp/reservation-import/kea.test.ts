import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blankComments, parseKea } from "../../../src/dhcp/reservation-import/kea.ts";
import { tell } from "../../support/import-rows.ts";

const file = `// Kea
{ "Dhcp4": { # its DHCPv4 server
  "valid-lifetime": 4000,
  "interfaces-config": { "interfaces": [ "eth0" ] }, /* of
  two lines */
  "option-data": [ { "name": "domain-name", "data": "lab.lan" },
    { "name": "ntp-servers", "data": "10.77.0.1" } ],
  "subnet4": [ { "id": 1, "subnet": "10.77.0.0/24",
    "pools": [ { "pool": "10.77.0.50 - 10.77.0.99" } ],
    "next-server": "10.77.0.1",
    "reservations": [
      { "hw-address": "52:54:00:77:00:10", "ip-address": "10.77.0.9", "hostname": "node1" },
      { "hw-address": "52:54:00:77:00:11", "hostname": "two.lab.lan",
        "option-data": [ ], "client-classes": [ "red" ], },
      { "client-id": "01:aa", "ip-address": "10.77.0.10" },
      { "flex-id": "'port-1'", "ip-address": "10.77.0.11" }, // a port
      { "ip-address": "10.77.0.12" },
      { "hw-address": "52:54", "ip-address": "10.77.0.13" },
    ] } ],
  "shared-networks": [ { "name": "s", "subnet4": [ { "reservations": [
    { "hw-address": "52:54:00:77:00:12", "boot-file-name": "a#b//c" } ] } ] } ]
} }`;

describe("Kea's configuration", () => {
  it("is read scope by scope", () => {
    expect(parseKea(file).map(tell)).toEqual([
      "3 dhcp.lease: 4000s",
      "4 left: no-counterpart",
      "6 dns.domain: lab.lan",
      "7 left: option",
      "9 dhcp.pools: [10.77.0.50-10.77.0.99]",
      "10 left: boot-is-ours",
      "12 52:54:00:77:00:10 10.77.0.9 node1",
      "13 52:54:00:77:00:11 - two (two.lab.lan: not-a-host-name) (client-classes: condition)",
      "15 id/01aa 10.77.0.10 -",
      "16 left: identifier",
      "17 left: unreadable",
      "18 left: not-ethernet",
      "21 52:54:00:77:00:12 - - (boot-file-name: boot-is-ours)",
    ]);
  });

  it.each(["", "{", '{ "Dhcp4": [1, }', "[1,,2]"])("%s is told as unreadable", (text) => {
    expect(parseKea(text).map(tell)).toEqual(["1 left: unreadable"]);
  });

  it("keeps every offset when comments go", () => {
    const piece = fc.oneof(
      fc.constantFrom('"', "#", "//", "/*", "*/", "\n", ",", "]"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join("");
        expect(blankComments(text)).toHaveLength(text.length);
        expect(blankComments(text).split("\n")).toHaveLength(text.split("\n").length);
        expect(parseKea(text)).toBeDefined();
      }),
    );
  });
});
