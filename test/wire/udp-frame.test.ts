import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { readUdpFrame } from "../../src/wire/udp-frame.ts";

const header = "ffffffffffff52540077000108 00".replace(" ", "");
/** 10.77.0.254:67 → 255.255.255.255:68 with `hi`; ihl in words, its options zero. */
const frame = (parts: { ihl?: number; flags?: string; type?: string; protocol?: string } = {}) => {
  const { ihl = 5, flags = "0000", type, protocol = "11" } = parts;
  const ip = `4${ihl.toString(16)}00001e0000${flags}40${protocol}00000a4d00feffffffff`;
  const options = "00000000".repeat(ihl - 5);
  const ethernet = type === undefined ? header : header.slice(0, 24) + type;
  return Buffer.from(`${ethernet}${ip}${options}00430044000a00006869`, "hex");
};

describe("readUdpFrame", () => {
  it.each([5, 6, 15])("finds the datagram behind an IPv4 header of %i words", (ihl) => {
    const padded = Buffer.concat([frame({ ihl }), Buffer.alloc(18)]); // Ethernet's least length
    expect(readUdpFrame(padded)).toEqual({
      ...{ mac: "52:54:00:77:00:01", source: parseIpv4("10.77.0.254") },
      ...{ sourcePort: 67, destinationPort: 68, payload: Buffer.from("hi") },
    });
  });

  it.each([
    { name: "ARP", bytes: frame({ type: "0806" }) },
    { name: "TCP", bytes: frame({ protocol: "06" }) },
    { name: "a first fragment", bytes: frame({ flags: "2000" }) },
    { name: "a later fragment", bytes: frame({ flags: "0001" }) },
    { name: "a frame cut off in the payload", bytes: frame().subarray(0, -1) },
    { name: "a header that claims more than there is", bytes: frame({ ihl: 15 }).subarray(0, 44) },
  ])("leaves $name", ({ bytes }) => {
    expect(readUdpFrame(bytes)).toBeUndefined();
  });

  it("never reads past any frame", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, isIpv4) => {
        const given = Buffer.from(bytes);
        if (isIpv4 && given.length > 23) given.set([8, 0, 0x45 | (given[14] ?? 0)], 12);
        if (isIpv4 && given.length > 23) given[23] = 17;
        expect((readUdpFrame(given)?.payload.length ?? 0) <= given.length).toBe(true);
      }),
    );
  });
});
