import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import {
  errorTextLimit,
  formatError,
  formatPacket,
  optionLimit,
  parsePacket,
  type TftpPacket,
} from "../../src/tftp/packet.ts";

const bytesOf = (text: string) => Buffer.from(text, "latin1");
const request = { kind: "read-request", name: "a.efi", mode: "octet", options: [] };

describe("parsePacket", () => {
  const rows = [
    { name: "a plain request", wire: "\0\x01a.efi\0octet\0", want: request },
    { name: "a mode in capitals", wire: "\0\x01a.efi\0OcTeT\0", want: request },
    { name: "a mode without its NUL", wire: "\0\x01a.efi\0octet", want: request },
    { name: "NULs behind the mode", wire: "\0\x01a.efi\0octet\0\0\0\0", want: request },
    {
      name: "an option in capitals whose value lacks its NUL",
      wire: "\0\x01a.efi\0octet\0BLKSIZE\x001468",
      want: { ...request, options: [{ name: "blksize", value: "1468" }] },
    },
    {
      name: "stale bytes behind the options",
      wire: "\0\x01a.efi\0octet\0tsize\x000\0\0\xff\xfejunk\0more\0",
      want: { ...request, options: [{ name: "tsize", value: "0" }] },
    },
    { name: "an option without a value", wire: "\0\x01a.efi\0octet\0tsize\0", want: request },
    {
      name: "an error without text",
      wire: "\0\x05\0\x08",
      want: { kind: "error", code: 8, message: "" },
    },
    {
      name: "an ACK with bytes behind it",
      wire: "\0\x04\x01\x02??",
      want: { kind: "ack", block: 258 },
    },
  ];
  it.each(rows)("reads $name", ({ wire, want }) => {
    expect(parsePacket(bytesOf(wire))).toEqual(want);
  });

  const refused = [
    "",
    "\0",
    "\0\x01",
    "\0\x01a.efi",
    "\0\0x",
    "\0\x07x",
    "\x01\x01a\0b\0",
    "\0\x03\0",
    "\0\x04",
  ];
  it.each(refused.map((wire) => ({ wire })))("refuses $wire", ({ wire }) => {
    expect(() => parsePacket(bytesOf(wire))).toThrow(WireError);
  });

  it("reads no more options than the limit", () => {
    const wire = `\0\x01a\0octet\0${"o\x001\0".repeat(optionLimit + 9)}`;
    expect(parsePacket(bytesOf(wire))).toMatchObject({ options: { length: optionLimit } });
  });
});

describe("formatPacket", () => {
  const text = fc.stringMatching(/^[ -~\xa0-\xff]*$/);
  const u16 = fc.nat(65_535);
  const bytes = fc.uint8Array({ maxLength: 1468 });
  const name = fc.stringMatching(/^[a-z0-9]{1,12}$/);
  const options = fc.array(fc.record({ name, value: text }), { maxLength: optionLimit });
  const packets: fc.Arbitrary<TftpPacket> = fc.oneof(
    fc.record({
      kind: fc.constantFrom("read-request", "write-request"),
      name: text,
      mode: fc.constantFrom("octet", "netascii", "mail"),
      options,
    }),
    fc.record({ kind: fc.constant("data"), block: u16, bytes }),
    fc.record({ kind: fc.constant("ack"), block: u16 }),
    fc.record({ kind: fc.constant("error"), code: u16, message: text }),
    fc.record({ kind: fc.constant("option-ack"), options }),
  );

  it("writes what parsePacket reads back", () => {
    fc.assert(
      fc.property(packets, (packet) => {
        // As plain bytes: what is read is a view of the same type as what was given.
        expect(parsePacket(new Uint8Array(formatPacket(packet)))).toEqual(packet);
      }),
    );
  });

  it("lays out DATA as RFC 1350 figure 5-2 draws it", () => {
    const packet: TftpPacket = { kind: "data", block: 0x1234, bytes: Uint8Array.of(7, 8) };
    expect([...formatPacket(packet)]).toEqual([0, 3, 0x12, 0x34, 7, 8]);
  });
});

describe("formatError", () => {
  it("sends printable ASCII of bounded length", () => {
    const packet = parsePacket(formatError(1, `kein Gerät\n${"x".repeat(200)}`));
    const message = `kein Ger?t?${"x".repeat(200)}`.slice(0, errorTextLimit);
    expect(packet).toEqual({ kind: "error", code: 1, message });
  });
});
