import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MessageType, OptionCode } from "../../src/dhcp/options.ts";
import { type DhcpMessage, droppedOptions, formatDhcp, parseDhcp } from "../../src/dhcp/packet.ts";
import { WireError } from "../../src/errors.ts";
import type { Ipv4Address } from "../../src/wire/ipv4.ts";
import { messageOf } from "../support/dhcp-message.ts";

const u8 = fc.integer({ min: 0, max: 255 });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const address = u32.map((value) => value as Ipv4Address);
const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((value) => Buffer.from(value));
const code = fc.integer({ min: 1, max: 254 }).filter((value) => value !== 52 && value !== 67);
const text = (max: number) => fc.stringMatching(new RegExp(`^[ -~]{0,${max}}$`));

const message: fc.Arbitrary<DhcpMessage> = fc.record({
  op: u8,
  htype: u8,
  hlen: fc.integer({ min: 0, max: 16 }),
  hops: u8,
  xid: u32,
  secs: u16,
  flags: u16,
  ciaddr: address,
  yiaddr: address,
  siaddr: address,
  giaddr: address,
  chaddr: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((value) => Buffer.from(value)),
  sname: text(64),
  file: text(127),
  options: fc
    .array(fc.tuple(code, bytes(600)), { maxLength: 6 })
    .map((entries) => new Map<number, Uint8Array>(entries)),
});

describe("parseDhcp and formatDhcp", () => {
  it("are each other's inverse", () => {
    fc.assert(
      fc.property(message, (sent) => {
        const got = parseDhcp(formatDhcp(sent, 65_000));
        const sorted = (options: DhcpMessage["options"]) =>
          [...options].sort(([a], [b]) => a - b).map(([key, value]) => [key, Buffer.from(value)]);
        expect({ ...got, chaddr: Buffer.from(got.chaddr), options: sorted(got.options) }).toEqual({
          ...sent,
          options: sorted(sent.options),
        });
      }),
    );
  });

  it("throw nothing but WireError for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), (datagram) => {
        try {
          parseDhcp(datagram);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});

describe("parseDhcp", () => {
  const sound = formatDhcp(messageOf({}));
  const changed = (at: number, value: number) => Buffer.from(sound).fill(value, at, at + 1);
  const refused = [
    { name: "less than a header", datagram: sound.subarray(0, 239) },
    { name: "another magic cookie", datagram: changed(236, 0) },
    { name: "a hardware address of 17 bytes", datagram: changed(2, 17) },
  ];
  it.each(refused)("refuses $name", ({ datagram }) => {
    expect(() => parseDhcp(datagram)).toThrow(WireError);
  });

  it("keeps a GUID of 16 bytes in chaddr as it came", () => {
    const chaddr = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");
    const got = parseDhcp(formatDhcp(messageOf({ header: { hlen: 16, chaddr } })));
    expect(Buffer.from(got.chaddr)).toEqual(chaddr);
  });
});

describe("formatDhcp", () => {
  it("pads to BOOTP's 300 bytes", () => {
    expect(formatDhcp(messageOf({})).length).toBe(300);
  });

  it("puts 67 last but for 82, and ends it with a NUL", () => {
    const options = [
      [OptionCode.relayAgent, Buffer.of(1, 1, 9)],
      [OptionCode.bootFile, "boot.efi"],
      [OptionCode.vendorClass, "PXEClient"],
    ] as const;
    const tail = Buffer.from(formatDhcp(messageOf({ options })).subarray(240));
    const want =
      "350101" +
      "3c09" +
      "505845436c69656e74" +
      "4309" +
      "626f6f742e65666900" +
      "5203010109" +
      "ff";
    expect(tail.toString("hex").replace(/(00)+$/, "")).toBe(want);
  });

  it("drops comfort and echoes first where the client takes 548 bytes, never the boot file", () => {
    const options = [
      [OptionCode.domainName, "d".repeat(200)],
      [OptionCode.clientId, "c".repeat(100)],
      [OptionCode.bootFile, "f".repeat(127)],
    ] as const;
    const sent = formatDhcp(messageOf({ options }));
    expect(sent.length).toBeLessThanOrEqual(548);
    expect([...parseDhcp(sent).options.keys()]).toEqual([
      OptionCode.messageType,
      OptionCode.clientId,
      OptionCode.bootFile,
    ]);
  });

  it("drops what an operator added, the client's last wish first, and names what it dropped", () => {
    const big = (code: number) => [code, "x".repeat(200)] as const;
    const message = messageOf({
      options: [big(42), big(252), [OptionCode.router, Buffer.alloc(4)]],
    });
    expect([...parseDhcp(formatDhcp(message)).options.keys()]).toEqual([53, 42, OptionCode.router]);
    expect(droppedOptions(message)).toEqual([252]);
    expect(droppedOptions(message, 1472)).toEqual([]);
  });

  it("drops even routes that no reply could hold, and still says whose the address is", () => {
    const options = [121, 43, 119].map((code) => [code, Buffer.alloc(1024)] as const);
    const message = messageOf({ serverId: "10.77.0.1", options });
    expect([...parseDhcp(formatDhcp(message)).options.keys()]).toEqual([53, 54]);
  });

  it("leaves the file field empty rather than cut a name", () => {
    expect(parseDhcp(formatDhcp(messageOf({ header: { file: "x".repeat(128) } }))).file).toBe("");
  });

  it("knows eight message types", () => {
    expect(Object.values(MessageType)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
