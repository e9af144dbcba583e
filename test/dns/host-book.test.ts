import { describe, expect, it } from "vitest";
import { bookHosts, type HostBook, haveSameHosts } from "../../src/dns/host-book.ts";
import { assignNames } from "../../src/dns/host-names.ts";
import { parseDnsSettings } from "../../src/dns/settings.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { binding, dnsSettings } from "../support/dns.ts";

const plan = parseDnsSettings(dnsSettings());
const bookOf = (...rows: string[]): HostBook => {
  return bookHosts(assignNames(plan, rows.map(binding)).hosts);
};

describe("bookHosts", () => {
  it("gives an address with several names the reservation's", () => {
    const { byAddress } = bookOf("other 10.77.0.11", "node1 10.77.0.11 reserved");
    expect(byAddress.get(parseIpv4("10.77.0.11"))?.name).toBe("node1.kindling.lan");
  });

  it("knows the networks above each address", () => {
    const { networks } = bookOf("node1 10.77.0.11", "node2 10.77.0.12", "node3 10.77.3.1");
    expect([...networks]).toEqual([
      ...["10.in-addr.arpa", "77.10.in-addr.arpa"],
      ...["0.77.10.in-addr.arpa", "3.77.10.in-addr.arpa"],
    ]);
  });
});

describe("haveSameHosts", () => {
  const rows = ["node1 10.77.0.11", "node2 10.77.0.12"];
  it.each([
    { name: "the same", other: rows, want: true },
    { name: "one of another MAC", other: [`${rows[0]} leased 525400770099`, rows[1]], want: true },
    { name: "one at another address", other: [rows[0], "node2 10.77.0.13"], want: false },
    { name: "one of another name", other: [rows[0], "node3 10.77.0.12"], want: false },
    { name: "one that is reserved now", other: [rows[0], `${rows[1]} reserved`], want: false },
    { name: "one less", other: [rows[0]], want: false },
    { name: "one more", other: [...rows, "node3 10.77.0.13"], want: false },
    { name: "none", other: [], want: false },
  ])("of $name: $want", ({ other, want }) => {
    const books = [bookOf(...rows), bookOf(...other.map((row) => row ?? ""))] as const;
    expect(haveSameHosts(...books)).toBe(want);
  });
});
