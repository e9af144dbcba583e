import { describe, expect, it } from "vitest";
import { decideForward, isPrivateAddress } from "../../src/dns/forward-rule.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { queryOf } from "../support/dns.ts";

describe("decideForward", () => {
  it.each([
    ["example.org A", "forward"],
    [". NS", "forward"],
    ["4.4.8.8.in-addr.arpa PTR", "forward"],
    ["intranet A", "single-label"],
    ["org SOA", "single-label"],
    ["9.0.0.10.in-addr.arpa PTR", "private-reverse"],
    ["168.192.in-addr.arpa NS", "private-reverse"],
    ["1.20.172.in-addr.arpa PTR", "private-reverse"],
    ["1.32.172.in-addr.arpa PTR", "forward"],
    ["printer.local A", "special-name"],
    ["localhost A", "special-name"],
    ["x.onion A", "special-name"],
    ["example.org ANY", "any-not-forwarded"],
  ])("%s: %s", (question, want) => {
    const [name = "", type = ""] = question.split(" ");
    const message = queryOf(name, type);
    if (message.kind !== "query") throw new Error("no query");
    const rule = decideForward(message.question);
    expect(rule.kind === "answer" ? rule.reason : rule.kind).toBe(want);
  });
});

it.each([
  ["10.1.2.3", true],
  ["192.168.0.1", true],
  ["169.254.169.254", true],
  ["127.0.0.1", true],
  ["9.9.9.9", false],
  ["172.32.0.1", false],
])("isPrivateAddress(%s) is %s", (address, want) =>
  expect(isPrivateAddress(parseIpv4(address))).toBe(want),
);
