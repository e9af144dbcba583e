import fc from "fast-check";
import { expect, it } from "vitest";
import {
  formatDomainName,
  formatDomainNames,
  parseDomainName,
} from "../../src/dhcp/domain-names.ts";
import { WireError } from "../../src/errors.ts";

it("points at the ends of earlier names (RFC 3397, its own example)", () => {
  const got = Buffer.from(formatDomainNames(["eng.apple.com", "marketing.apple.com"]));
  expect(got.toString("latin1")).toBe("\x03eng\x05apple\x03com\0\x09marketing\xc0\x04");
});

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join("."));

it("reads what it wrote", () => {
  fc.assert(
    fc.property(name, (text) => {
      expect(parseDomainName(formatDomainName(text))).toEqual({
        labels: text.split("."),
        whole: true,
      });
    }),
  );
});

it("writes lists that a reader of RFC 1035 §4.1.4 reads", () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 6 }), (names) => {
      expect(readCompressed(formatDomainNames(names))).toEqual(names);
    }),
  );
});

function readCompressed(bytes: Uint8Array): string[] {
  const names: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const labels: string[] = [];
    let [cursor, next] = [at, -1];
    while ((bytes[cursor] ?? 0) !== 0) {
      const length = bytes[cursor] ?? 0;
      if (length >= 0xc0) {
        if (next < 0) next = cursor + 2;
        cursor = ((length & 0x3f) << 8) | (bytes[cursor + 1] ?? 0);
      } else {
        labels.push(Buffer.from(bytes.subarray(cursor + 1, cursor + 1 + length)).toString());
        cursor += 1 + length;
      }
    }
    names.push(labels.join("."));
    at = next < 0 ? cursor + 1 : next;
  }
  return names;
}

it("takes a partial name, and refuses one that runs past its end", () => {
  expect(parseDomainName(Buffer.from("\x02ab"))).toEqual({ labels: ["ab"], whole: false });
  expect(() => parseDomainName(Buffer.from("\x03ab"))).toThrow(WireError);
  expect(() => parseDomainName(Buffer.of(0xc0, 0))).toThrow(WireError);
});
