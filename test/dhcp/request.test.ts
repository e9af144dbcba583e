import { describe, expect, it } from "vitest";
import { OptionCode } from "../../src/dhcp/options.ts";
import { readRequest } from "../../src/dhcp/request.ts";
import { WireError } from "../../src/errors.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { messageOf, octets, requestOf } from "../support/dhcp-message.ts";

describe("readRequest", () => {
  const ignored = [
    { name: "a reply", message: messageOf({ header: { op: 2 } }), reason: "not-a-request" },
    { name: "Token Ring", message: messageOf({ header: { htype: 6 } }), reason: "not-ethernet" },
    {
      name: "type 99",
      message: messageOf({ options: [[53, Buffer.of(99)]] }),
      reason: "unsupported-type",
    },
  ];
  it.each(ignored)("ignores $name", ({ message, reason }) => {
    expect(readRequest(message)).toEqual({ kind: "ignore", reason });
  });

  const malformed = [53, 50, 54, 57, 118];
  it.each(malformed)("refuses option %i of a wrong length", (code) => {
    const message = messageOf({ options: [[code, Buffer.alloc(5)]] });
    expect(() => readRequest(message)).toThrow(WireError);
  });

  const sizes = [
    { name: "absent", value: undefined, want: 548 },
    { name: "iPXE's 1472", value: 1472, want: 1444 },
    { name: "below the lawful 576", value: 300, want: 548 },
    { name: "beyond a frame", value: 65_535, want: 1472 },
  ];
  it.each(sizes)("bounds the reply where 57 is $name", ({ value, want }) => {
    const option =
      value && ([OptionCode.maxMessageSize, Buffer.of(value >> 8, value & 255)] as const);
    expect(requestOf(option ? { options: [option] } : {}).maxBytes).toBe(want);
  });

  it("reads the relay's link before the client's subnet selection, and its server override", () => {
    const relay = Buffer.concat([
      Buffer.of(5, 4),
      octets("10.1.0.0"),
      Buffer.of(11, 4),
      octets("10.1.0.2"),
    ]);
    const request = requestOf({
      options: [
        [82, relay],
        [118, octets("10.9.0.0")],
      ],
    });
    expect(request.linkSelection).toBe(parseIpv4("10.1.0.0"));
    expect(request.serverOverride).toBe(parseIpv4("10.1.0.2"));
  });

  it("keys Ethernet by MAC and a GUID by type and bytes, and takes 0.0.0.0 for no request", () => {
    const request = requestOf({ requested: "0.0.0.0" });
    expect(request.key).toBe("52:54:00:77:00:10");
    expect(request.requested).toBeUndefined();
    const guid = requestOf({ header: { hlen: 16, chaddr: Buffer.alloc(16, 0xab) } });
    expect(guid.key).toBe(`1/${"ab".repeat(16)}`);
    expect(guid.client.identity.mac).toBeUndefined();
  });
});

describe("identifiers", () => {
  const read = (id: Uint8Array) => requestOf({ options: [[OptionCode.clientId, id]] }).clientId;
  it.each([
    { name: "a client identifier", id: Buffer.of(1, 2), want: "0102" },
    { name: "the longest", id: Buffer.alloc(255), want: "00".repeat(255) },
    { name: "one that is too long to be one", id: Buffer.alloc(256), want: undefined },
    { name: "an empty one", id: Buffer.alloc(0), want: undefined },
  ])("$name", ({ id, want }) => {
    expect(read(id)).toBe(want);
  });

  it("says of a message without option 53 that it is BOOTP", () => {
    expect(requestOf({ header: { options: new Map() } }).bootp).toBe(true);
    expect(requestOf({}).bootp).toBeUndefined();
  });

  it("reads the port from option 82, whatever else is in it", () => {
    const options = [[OptionCode.relayAgent, Buffer.of(1, 1, 7, 2, 1, 9, 99)]] as const;
    expect(requestOf({ options }).relay).toEqual({ circuitId: "07", remoteId: "09" });
  });
});
