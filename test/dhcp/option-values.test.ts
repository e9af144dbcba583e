import { describe, expect, it } from "vitest";
import { optionRow } from "../../src/dhcp/option-table.ts";
import { type OptionValue, parseHex, readOptionValue } from "../../src/dhcp/option-values.ts";

const hex = (name: string | number, value: OptionValue) =>
  Buffer.from(readOptionValue(value, optionRow(name)?.type)).toString("hex");

describe("readOptionValue", () => {
  const rows: { option: string | number; value: OptionValue; want: string }[] = [
    { option: "ntp", value: ["10.0.0.1", "10.0.0.2"], want: "0a0000010a000002" },
    { option: 42, value: "10.0.0.1, 10.0.0.2", want: "0a0000010a000002" },
    { option: "broadcast", value: "10.0.0.255", want: "0a0000ff" },
    { option: "mtu", value: 1400, want: "0578" },
    { option: "ip-ttl", value: "64", want: "40" },
    { option: "arp-timeout", value: 3600, want: "00000e10" },
    { option: "time-offset", value: -3600, want: "fffff1f0" },
    { option: "ip-forwarding", value: true, want: "01" },
    { option: "root-path", value: "10.0.0.1:/srv, ro", want: "31302e302e302e313a2f7372762c20726f" },
    { option: "static-routes", value: "10.0.0.5 via 10.0.0.1", want: "0a0000050a000001" },
    { option: 121, value: "10.0.0.0/8 via 10.77.0.254", want: "080a0a4d00fe" },
    { option: "domain-search", value: "a.bc, bc", want: "01610262630" + "0c002" },
    { option: "vendor-specific", value: "01:02 ff", want: "0102ff" },
    { option: 222, value: "hex:0a:0b", want: "0a0b" },
    { option: 222, value: "text:10.0.0.1", want: "31302e302e302e31" },
    { option: 222, value: "ip:10.0.0.1,10.0.0.2", want: "0a0000010a000002" },
    { option: 222, value: "u16:258", want: "0102" },
    { option: 222, value: "u32:0xff", want: "000000ff" },
    { option: "mtu", value: "hex:05dc", want: "05dc" },
    {
      option: 252,
      value: "http://wpad/wpad.dat",
      want: Buffer.from("http://wpad/wpad.dat").toString("hex"),
    },
  ];
  it.each(rows)("$option: $value is $want", ({ option, value, want }) => {
    expect(hex(option, value)).toBe(want);
  });

  const refused: { option: string | number; value: OptionValue; words: string }[] = [
    { option: 222, value: "1234", words: "say its type before it" },
    {
      option: "ntp",
      value: "10.0.0.256",
      words: 'want an IPv4 address like 10.0.0.1, got "10.0.0.256"',
    },
    { option: "broadcast", value: ["10.0.0.1", "10.0.0.2"], words: "want one value, got 2" },
    { option: "mtu", value: 65_536, words: 'want a whole number from 0 to 65535, got "65536"' },
    { option: "mtu", value: "1e3", words: "want a whole number" },
    { option: "ip-forwarding", value: "yes", words: "want true or false, got yes" },
    { option: "routes", value: "10.0.0.0/8", words: 'want a route like "10.0.0.0/8 via 10.0.0.1"' },
    { option: "static-routes", value: "10.0.0.5", words: "want a host route like" },
    { option: "domain-search", value: "-x-", words: "want a domain name like lab.example" },
    { option: "vendor-specific", value: "0x1", words: "want pairs of hexadecimal digits" },
    { option: "wpad", value: "x".repeat(1025), words: "want at most 1024 bytes, got 1025" },
  ];
  it.each(refused)("refuses $option: $value", ({ option, value, words }) => {
    expect(() => hex(option, value)).toThrow(words);
  });
});

it("reads hexadecimal pairs however they are grouped", () => {
  for (const text of ["hex:0a0B", "0a:0b", "0a-0b", "0a 0b"]) {
    expect(Buffer.from(parseHex(text))).toEqual(Buffer.of(10, 11));
  }
});
