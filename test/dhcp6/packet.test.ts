import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findOption, optionLimit, readStrings } from "../../src/dhcp6/options.ts";
import {
  type Dhcp6Packet,
  formatDhcp6,
  MessageType6,
  maxBytes6,
  parseDhcp6,
  relayLimit,
} from "../../src/dhcp6/packet.ts";
import { WireError } from "../../src/errors.ts";
import { ipv6FromBytes, parseIpv6 } from "../../src/wire/ipv6.ts";

const option = fc.record({
  code: fc.integer({ min: 10, max: 65_535 }),
  value: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
});
const address = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(ipv6FromBytes);
const packets: fc.Arbitrary<Dhcp6Packet> = fc.record({
  message: fc.record({
    type: fc.integer({ min: 1, max: 11 }),
    xid: fc.nat(0xff_ffff),
    options: fc.array(option, { maxLength: 20 }),
  }),
  relays: fc.array(
    fc.record({
      hops: fc.nat(255),
      link: address,
      peer: address,
      options: fc.array(option, { maxLength: 3 }),
    }),
    { maxLength: relayLimit },
  ),
});

describe("a DHCPv6 datagram", () => {
  it("parses to what it was formatted from", () => {
    fc.assert(
      fc.property(packets, (packet) => {
        const bytes = formatDhcp6(packet, MessageType6.relayForward);
        expect(parseDhcp6(Buffer.from(bytes))).toEqual(packet);
      }),
    );
  });

  it.each([
    ["nothing", ""],
    ["half a transaction", "010203"],
    ["half an option", "0102030400010005ff"],
    ["a relay's half", "0c00fd77"],
    ["a relay that carries nothing", `0c00${"00".repeat(32)}`],
  ])("is refused: %s", (_, hex) => {
    expect(() => parseDhcp6(Buffer.from(hex, "hex"))).toThrow(WireError);
  });

  it("is refused with more relays or options than the limits", () => {
    const message = { type: 1, xid: 1, options: [] };
    const relay = { hops: 0, link: parseIpv6("::"), peer: parseIpv6("::"), options: [] };
    const relays = Array.from({ length: relayLimit + 1 }, () => relay);
    const deep = formatDhcp6({ message, relays }, MessageType6.relayForward);
    expect(() => parseDhcp6(deep)).toThrow(WireError);
    const many = Buffer.concat([Buffer.of(1, 0, 0, 1), Buffer.alloc(4 * (optionLimit + 1))]);
    expect(() => parseDhcp6(many)).toThrow(WireError);
    expect(parseDhcp6(many.subarray(0, -4)).message.options).toHaveLength(optionLimit);
  });

  it("fits a frame or is not sent", () => {
    const options = [{ code: 59, value: Buffer.alloc(maxBytes6) }];
    const message = { type: 7, xid: 1, options };
    expect(() => formatDhcp6({ message, relays: [] }, MessageType6.relayReply)).toThrow(WireError);
  });
});

describe("options", () => {
  it("are found by their first", () => {
    const options = [1, 1].map((code, index) => ({ code, value: Buffer.of(index) }));
    expect([findOption(options, 1)?.[0], findOption(options, 2)]).toEqual([0, undefined]);
  });

  it.each([
    ["000169", ["i"]],
    ["0001690002", ["i"]],
    ["00000001ff", ["", "ÿ"]],
    ["ff", []],
  ])("of texts: %s", (hex, want) => {
    const texts = readStrings(Buffer.from(hex, "hex"));
    expect(texts.map((text) => Buffer.from(text).toString("latin1"))).toEqual(want);
  });
});
