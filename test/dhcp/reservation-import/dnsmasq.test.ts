import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDnsmasq } from "../../../src/dhcp/reservation-import/dnsmasq.ts";
import { tell } from "../../support/import-rows.ts";

const hosts = [
  ["52:54:00:77:00:10,10.77.0.9,node1", "52:54:00:77:00:10 10.77.0.9 node1"],
  ["node1,52:54:0:77:0:10,10.77.0.9", "52:54:00:77:00:10 10.77.0.9 node1"],
  ["52:54:00:77:00:10,10.77.0.9", "52:54:00:77:00:10 10.77.0.9 -"],
  ["52:54:00:77:00:10,node1", "52:54:00:77:00:10 - node1"],
  ["52:54:00:77:00:10,id:*,node1", "52:54:00:77:00:10 - node1"],
  ["52:54:00:77:00:10,node1,infinite", "52:54:00:77:00:10 - node1 (infinite: lease-time)"],
  ["52:54:00:77:00:10,10.77.0.9,45m", "52:54:00:77:00:10 10.77.0.9 - (45m: lease-time)"],
  [
    "52:54:00:77:00:10,52:54:00:77:00:11,10.77.0.9",
    "52:54:00:77:00:10 10.77.0.9 - (52:54:00:77:00:11: second-mac)",
  ],
  ["52:54:00:77:00:10,set:red,node1", "52:54:00:77:00:10 - node1 (set:red: tag)"],
  ["52:54:00:77:00:10,[fd00::9],node1", "52:54:00:77:00:10 - node1 ([fd00::9]: not-ipv4)"],
  ["52:54:00:77:00:10,id:01:aa,node1", "52:54:00:77:00:10+id/01aa - node1"],
  ["52:54:00:77:00:10,a#b", "52:54:00:77:00:10 - - (a#b: not-a-host-name)"],
  [
    "52:54:00:77:00:10,node1.example.com",
    "52:54:00:77:00:10 - node1 (node1.example.com: not-a-host-name)",
  ],
  ["52:54:00:77:00:10,ignore", "left: ignored-machine"],
  ["tag:red,52:54:00:77:00:10,10.77.0.9", "left: condition"],
  ["id:01:aa:bb,10.77.0.9", "id/01aabb 10.77.0.9 -"],
  ["id:port,10.77.0.9", "id/706f7274 10.77.0.9 -"],
  ["laptop,10.77.0.9", "left: identifier"],
  ["52:54:00:*:*:*,10.77.0.9", "left: wildcard"],
  ["06-00:20:e0:3b:13:af,10.77.0.9", "left: not-ethernet"],
] as const;

const sentences = [
  ["dhcp-range=10.77.0.50,10.77.0.99,12h", "dhcp.pools: [10.77.0.50-10.77.0.99]; dhcp.lease: 12h"],
  [
    "dhcp-range=set:lan,10.77.0.50,10.77.0.99,255.255.255.0,1h",
    "dhcp.pools: [10.77.0.50-10.77.0.99]; dhcp.lease: 1h",
  ],
  ["dhcp-range=10.77.0.0,proxy", "dhcp.mode: proxy"],
  ["dhcp-range=::1,constructor:eth0", "left: not-ipv4"],
  ["dhcp-range=tag:red,10.77.0.50,10.77.0.99", "left: condition"],
  ["dhcp-option=3,10.77.0.1", "dhcp.router: 10.77.0.1"],
  ["dhcp-option=option:dns-server,10.77.0.1,10.77.0.2", "dhcp.dns: [10.77.0.1, 10.77.0.2]"],
  ["dhcp-option=42,10.77.0.1", "left: option"],
  ["dhcp-option=tag:red,3,10.77.0.1", "left: condition"],
  ["dhcp-boot=undionly.kpxe", "left: boot-is-ours"],
  ["enable-tftp", "left: boot-is-ours"],
  [
    "address=/web.lan/10.77.0.9",
    "dns.records: {name: web.lan, type: A, value: 10.77.0.9}; dns.records: {name: *.web.lan, type: A, value: 10.77.0.9}",
  ],
  ["host-record=web,10.77.0.9", "dns.records: {name: web, type: A, value: 10.77.0.9}"],
  ["cname=www,web", "dns.records: {name: www, type: CNAME, value: web}"],
  ["domain=lab.lan", "dns.domain: lab.lan"],
  ["conf-dir=/etc/dnsmasq.d", "left: other-file"],
  ["bind-interfaces", "left: no-counterpart"],
] as const;

describe("dnsmasq's sentences", () => {
  it.each(hosts)("dhcp-host=%s is %s", (value, want) => {
    expect(parseDnsmasq(`dhcp-host=${value}`).map(tell)).toEqual([`1 ${want}`]);
  });

  it.each(sentences)("%s is %s", (text, want) => {
    expect(parseDnsmasq(text).map(tell)).toEqual([`1 ${want}`]);
  });

  it("counts lines past comments and blank lines, and reads a file of hosts", () => {
    const text = "# head\n\ndhcp-host=52:54:00:77:00:10,a # end\n52:54:00:77:00:11,b\n";
    expect(parseDnsmasq(text).map(tell)).toEqual([
      "3 52:54:00:77:00:10 - a",
      "4 52:54:00:77:00:11 - b",
    ]);
  });

  it("answers for every line that is neither blank nor a comment, whatever it holds", () => {
    const word = fc.constantFrom(
      "dhcp-host=",
      "dhcp-range=",
      "address=",
      ",",
      "/",
      "*",
      ":",
      "tag:",
    );
    const piece = fc.oneof(word, fc.string({ unit: "grapheme-ascii" }));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join("");
        const isSilent = /^\s*(?:#|$)/.test(text.split("\n")[0] ?? "");
        const lines = text.split("\n").filter((line) => !/^\s*(?:#|$)/.test(line));
        expect(isSilent ? lines.length : parseDnsmasq(text).length).toBe(lines.length);
      }),
    );
  });
});
