import fc from "fast-check";
import { expect, it } from "vitest";
import { decideDhcp6 } from "../../src/dhcp6/decide.ts";
import { formatDhcp6, MessageType6, parseDhcp6 } from "../../src/dhcp6/packet.ts";
import { readRequest6 } from "../../src/dhcp6/request.ts";
import { WireError } from "../../src/errors.ts";
import { ipv6FromBytes, parseIpv6 } from "../../src/wire/ipv6.ts";
import { Client6, ia, type Parts6, packetOf, serverId6 } from "../support/dhcp6-message.ts";
import { context6 } from "../support/dhcp6-site.ts";

// Sound packets of every kind: what is nearly right gets deepest.
const relay = { hops: 1, link: parseIpv6("fd77::9"), peer: parseIpv6("fe80::2"), options: [] };
const parts: readonly Parts6[] = [
  { type: "solicit", options: [...Client6.pxe, ia(1)] },
  { type: "solicit", options: [...Client6.http, ia(1, ["fd77::2"])], relays: [relay, relay] },
  { type: "request", serverId: serverId6, options: [...Client6.ipxe, ia(1, ["fd77::2", "::"])] },
  { type: "confirm", options: [ia(1, ["fd77::2"])] },
  { type: "decline", serverId: serverId6, options: [ia(1, ["fd77::2"])] },
  { type: "informationRequest", options: Client6.ipxe },
];
const corpus = parts.map((part) =>
  Buffer.from(formatDhcp6(packetOf(part), MessageType6.relayForward)),
);

it("mutated datagrams throw nothing but WireError, and answers fit a frame", () => {
  const edit = fc.record({
    at: fc.nat(200),
    octet: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 12)),
  });
  const given = fc.record({
    from: fc.constantFrom(...corpus),
    edits: fc.array(edit, { maxLength: 5 }),
    cut: fc.option(fc.nat(150)),
    source: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(ipv6FromBytes),
  });
  const counts = { answered: 0, malformed: 0 };
  fc.assert(
    fc.property(given, ({ from, edits, cut, source }) => {
      const bytes = Buffer.from(from);
      for (const { at, octet } of edits) if (at < bytes.length) bytes[at] = octet;
      try {
        const result = readRequest6(parseDhcp6(bytes.subarray(0, cut ?? undefined)), source);
        if (result.kind === "ignore") return;
        const decision = decideDhcp6(result.request, context6());
        if (decision.kind === "ignore") return;
        const { relays } = result.request.packet;
        formatDhcp6({ message: decision.message, relays }, MessageType6.relayReply);
        counts.answered += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
        counts.malformed += 1;
      }
    }),
    { numRuns: 5000 },
  );
  // The mutator is worth something only while it reaches both ends.
  expect(counts.answered).toBeGreaterThan(200);
  expect(counts.malformed).toBeGreaterThan(200);
});
