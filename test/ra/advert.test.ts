import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { type Advert, formatAdvert, parseNdp, silentAdvert } from "../../src/ra/advert.ts";
import { ipv6FromBytes, parseIpv6, prefixOf } from "../../src/wire/ipv6.ts";

const solicitation = [133, 0, 0, 0, 0, 0, 0, 0];
const prefix = (valid: readonly number[]) => [
  ...[3, 4, 64, 0xc0, ...valid, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[0xfd, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
];
const advert = (lifetime: number) => [134, 0, 0, 0, 64, 0, 0, lifetime, 0, 0, 0, 0, 0, 0, 0, 0];
const heard = (lifetimeSeconds: number, prefixSeconds: number) => ({
  kind: "advertisement",
  lifetimeSeconds,
  prefixSeconds,
});

describe("parseNdp", () => {
  const rows: readonly { name: string; bytes: readonly number[]; want: object }[] = [
    { name: "a solicitation", bytes: solicitation, want: { kind: "solicitation" } },
    {
      name: "a solicitation with its sender's hardware address",
      bytes: [...solicitation, 1, 1, 0x52, 0x54, 0, 0x77, 0, 0x10],
      want: { kind: "solicitation" },
    },
    { name: "a router", bytes: advert(60), want: heard(60, 0) },
    { name: "who is no router", bytes: advert(0), want: heard(0, 0) },
    {
      name: "a prefix, the longest of two",
      bytes: [...advert(0), ...prefix([0, 0, 1, 0]), ...prefix([0, 0, 0, 9])],
      want: heard(0, 256),
    },
    {
      name: "an option that nobody knows",
      bytes: [...advert(60), 200, 1, 0, 0, 0, 0, 0, 0],
      want: heard(60, 0),
    },
  ];
  it.each(rows)("reads $name", ({ bytes, want }) => {
    expect(parseNdp(Uint8Array.from(bytes))).toEqual(want);
  });

  it.each([
    ["nothing", []],
    ["a short solicitation", solicitation.slice(0, 7)],
    ["a short advertisement", advert(1).slice(0, 15)],
    ["a code", [133, 1, 0, 0, 0, 0, 0, 0]],
    ["an echo request", [128, 0, 0, 0, 0, 0, 0, 0]],
    ["an option of length 0", [...solicitation, 1, 0, 0, 0, 0, 0, 0, 0]],
    ["an option beyond the end", [...solicitation, 1, 2, 0, 0, 0, 0, 0, 0]],
  ])("refuses %s", (_, bytes) => {
    expect(() => parseNdp(Uint8Array.from(bytes))).toThrow(WireError);
  });

  it("throws nothing but WireError, whatever comes", () => {
    const start = fc.constantFrom(solicitation, advert(60), [
      ...advert(0),
      ...prefix([0, 0, 0, 1]),
    ]);
    const edit = fc.record({ at: fc.nat(80), octet: fc.nat(255) });
    const bytes = fc.tuple(start, fc.array(edit, { maxLength: 6 }), fc.uint8Array());
    fc.assert(
      fc.property(bytes, ([from, edits, tail]) => {
        const message = Uint8Array.from([...from, ...tail]);
        for (const { at, octet } of edits) if (at < message.length) message[at] = octet;
        try {
          parseNdp(message);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("formatAdvert", () => {
  it("says in 16 bytes that nobody routes", () => {
    expect([...formatAdvert(silentAdvert)]).toEqual(advert(0));
  });

  it("names a prefix that is on the link and from which nobody forms an address", () => {
    const onLink = prefixOf(parseIpv6("fd77::1"), 64);
    const bytes = Buffer.from(formatAdvert({ managed: true, other: true, onLink }));
    expect(bytes.toString("hex")).toBe(
      `86000000${"40c00000"}${"00".repeat(8)}03044080${"00000e10"}${"00".repeat(8)}fd77${"00".repeat(14)}`,
    );
  });

  it("never takes the default route, whatever it is asked to say", () => {
    const octets = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const onLink = fc
      .tuple(octets, fc.nat(128))
      .map(([bytes, length]) => prefixOf(ipv6FromBytes(bytes), length));
    const adverts = fc.record(
      { managed: fc.boolean(), other: fc.boolean(), onLink },
      { requiredKeys: ["managed", "other"] },
    );
    fc.assert(
      fc.property(adverts, (given) => {
        const bytes = Buffer.from(formatAdvert(given as Advert)); // proven: onLink is absent or there
        expect(bytes.readUInt16BE(6)).toBe(0);
        const message = parseNdp(bytes);
        expect(message).toMatchObject({ kind: "advertisement", lifetimeSeconds: 0 });
        // L alone: with A clear no host makes an address of it.
        if (given.onLink) expect(bytes[19]).toBe(0x80);
      }),
    );
  });
});
