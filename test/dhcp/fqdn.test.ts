import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFqdn, readFqdn } from "../../src/dhcp/fqdn.ts";

const ascii = (flags: number, name: string) =>
  Buffer.concat([Buffer.of(flags, 0, 0), Buffer.from(name)]);

describe("readFqdn", () => {
  it.each([
    { name: "ASCII", value: ascii(0, "box.lab"), want: "box.lab" },
    { name: "ASCII with a NUL", value: ascii(0, "box\0"), want: "box" },
    { name: "the wire form", value: ascii(4, "\x03box\x03lab\0"), want: "box.lab" },
    { name: "a partial name in the wire form", value: ascii(4, "\x03box"), want: "box" },
    { name: "no name", value: ascii(4, ""), want: "" },
    { name: "a name that runs past its end", value: ascii(4, "\x09box"), want: undefined },
    { name: "less than its flags", value: Buffer.of(0, 0), want: undefined },
  ])("$name: $want", ({ value, want }) => {
    expect(readFqdn(value)?.name).toBe(want);
  });

  it("throws for nothing", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (value) => void readFqdn(value)));
  });
});

// RFC 4702 §4: what the server says of S, O and N for what the client says; E as it came.
describe("formatFqdn", () => {
  it.each([
    { client: "leaves it to the server", flags: 0b0001, name: "a.b", want: 0b0001 },
    { client: "would write itself", flags: 0b0000, name: "a.b", want: 0b0011 },
    { client: "wants nothing written", flags: 0b1000, name: undefined, want: 0b1000 },
    { client: "gets no name", flags: 0b0001, name: undefined, want: 0b1010 },
    { client: "writes the wire form", flags: 0b0101, name: "a.b", want: 0b0101 },
  ])("a client that $client", ({ flags, name, want }) => {
    const asked = readFqdn(ascii(flags, ""));
    const got = asked && formatFqdn(asked, name);
    const sent = name === undefined ? "" : flags & 4 ? "\x01a\x01b\0" : name;
    const head = Buffer.of(want, 255, 255);
    expect(got && Buffer.from(got)).toEqual(Buffer.concat([head, Buffer.from(sent)]));
  });
});
