import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { type ArpMessage, formatArp, formatArpProbe, parseArp } from "../../src/wire/arp.ts";
import { type Ipv4Address, parseIpv4 } from "../../src/wire/ipv4.ts";
import { macFromBytes, parseMac } from "../../src/wire/mac.ts";

const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(macFromBytes);
const address = fc.nat(0xffff_ffff).map((value) => value as Ipv4Address);

describe("ARP", () => {
  it("reads back what it writes", () => {
    const message: fc.Arbitrary<ArpMessage> = fc.record({
      kind: fc.constantFrom("request", "reply"),
      senderMac: mac,
      sender: address,
      target: address,
    });
    fc.assert(
      fc.property(mac, message, (to, one) => {
        expect(parseArp(formatArp(to, one))).toEqual(one);
      }),
    );
  });

  it("probes as RFC 5227 says: broadcast, from 0.0.0.0, nobody's MAC as the target", () => {
    const probe = formatArpProbe(parseMac("52:54:00:77:00:01"), parseIpv4("10.77.0.9"));
    expect(Buffer.from(probe).toString("hex")).toBe(
      "ffffffffffff5254007700010806" +
        "00010800060400015254007700010000000000000000000" +
        "00a4d0009" +
        "00".repeat(18),
    );
  });

  it("throws nothing but WireError for any bytes", () => {
    const probe = Buffer.from(
      formatArpProbe(parseMac("52:54:00:77:00:01"), parseIpv4("10.77.0.9")),
    );
    fc.assert(
      fc.property(fc.nat(41), fc.nat(255), fc.nat(60), (at, value, length) => {
        const bytes = Buffer.from(probe);
        bytes[at] = value;
        try {
          parseArp(bytes.subarray(0, length));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
