import { expect, it } from "vitest";
import { parseResolvConf, upstreamsMax } from "../../src/dns/resolv-conf.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";

it.each([
  ["nameserver 10.0.0.1\nsearch lan\n  nameserver\t9.9.9.9 # the other", ["10.0.0.1", "9.9.9.9"]],
  ["# nameserver 10.0.0.1\n; nameserver 10.0.0.2", []],
  [
    "nameserver fd00::1\nnameserver dns.lan\nnameserver 10.0.0.1\nnameserver 10.0.0.1",
    ["10.0.0.1"],
  ],
  ["", []],
])("reads %j", (text, want) => expect(parseResolvConf(text).map(formatIpv4)).toEqual(want));

it("takes so many and no more", () => {
  const text = Array.from({ length: 99 }, (_, at) => `nameserver 10.0.0.${at}`).join("\n");
  expect(parseResolvConf(text)).toHaveLength(upstreamsMax);
});
