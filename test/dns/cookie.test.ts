import { describe, expect, it } from "vitest";
import {
  type CookieSecrets,
  decideCookie,
  parseCookie,
  secretLifeMs,
  secretsAt,
} from "../../src/dns/cookie.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (of: Uint8Array) => Buffer.from(of).toString("hex");
const current = bytes("e5e973e5a6b2a43f48e7dc849e37bfcf");
const secrets: CookieSecrets = { current, since: 0 };
const address = parseIpv4("198.51.100.100");
const decide = (
  cookie: string,
  seconds: number,
  changes: Partial<Parameters<typeof decideCookie>[1]> = {},
) => {
  const asked = { address, secrets, now: seconds * 1000, ...changes };
  const { kind, reply } = decideCookie(parseCookie(bytes(cookie)), asked);
  return `${kind} ${hex(reply)}`;
};

const client = "2464c4abcf10c957";
const made = 1_559_731_985;
const known = `${client}010000005cf79f111f8130c3eee29480`;

// RFC 9018, appendix A: other implementations make the same of the same.
describe("the server's cookie", () => {
  it("is the one of RFC 9018 for a client that has none", () => {
    expect(decide(client, made)).toBe(`unknown ${known}`);
  });

  it("is made anew after half an hour, as in RFC 9018", () => {
    const renewed = `${client}010000005cf7a871d4a564a1442aca77`;
    expect(decide(known, 1_559_734_385)).toBe(`known ${renewed}`);
  });

  it("covers the reserved bytes, as in RFC 9018", () => {
    const other = parseIpv4("203.0.113.203");
    const old = "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5";
    const want = "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e";
    const secondsOfMaking = 0x5cf78f71;
    const at = (seconds: number) => decide(old, seconds, { address: other });
    expect(at(secondsOfMaking + 60)).toBe(`known ${old}`);
    expect(at(0x5cf7a9ac)).toBe(`unknown ${want}`); // an hour and 51 minutes later
  });

  const rows = [
    { name: "at once", cookie: known, seconds: made, want: "known" },
    { name: "for an hour", cookie: known, seconds: made + 3600, want: "known" },
    { name: "no longer", cookie: known, seconds: made + 3601, want: "unknown" },
    { name: "from a clock 5 minutes ahead", cookie: known, seconds: made - 300, want: "known" },
    { name: "from none further ahead", cookie: known, seconds: made - 301, want: "unknown" },
    {
      name: "not with a bit changed",
      cookie: `${known.slice(0, -1)}1`,
      seconds: made,
      want: "unknown",
    },
    {
      name: "not for another client's half",
      cookie: `3${known.slice(1)}`,
      seconds: made,
      want: "unknown",
    },
    {
      name: "not in another version",
      cookie: known.replace("c95701", "c95702"),
      seconds: made,
      want: "unknown",
    },
    { name: "not of another length", cookie: `${known}00`, seconds: made, want: "unknown" },
  ];
  it.each(rows)("counts $name: $want", ({ cookie, seconds, want }) => {
    expect(decide(cookie, seconds)).toMatch(new RegExp(`^${want} ${cookie.slice(0, 16)}01000000`));
  });

  it("counts at no other address", () => {
    expect(decide(known, made, { address: parseIpv4("198.51.100.101") })).toMatch(/^unknown/);
  });

  it("stays the same for half an hour", () => {
    expect(decide(known, made + 1799)).toBe(`known ${known}`);
    expect(decide(known, made + 1800)).not.toContain(known);
  });

  it("of the previous secret counts, and is replaced", () => {
    const [fresh, newer] = [bytes("00".repeat(16)), bytes("11".repeat(16))];
    const rolled: CookieSecrets = { current: fresh, previous: current, since: 1 };
    expect(decide(known, made, { secrets: rolled })).toMatch(/^known/);
    expect(decide(known, made, { secrets: rolled })).not.toContain(known);
    const gone: CookieSecrets = { current: newer, previous: fresh, since: 2 };
    expect(decide(known, made, { secrets: gone })).toMatch(/^unknown/);
  });

  it("outlives the year in which seconds wrap", () => {
    const late = decide(client, 2 ** 32 - 10).split(" ")[1] ?? "";
    expect(decide(late, 2 ** 32 + 20)).toBe(`known ${late}`);
  });
});

describe("parseCookie", () => {
  it.each([0, 7, 9, 15, 41])("takes none of %i bytes", (length) => {
    expect(() => parseCookie(new Uint8Array(length))).toThrow("8 or 16 to 40 bytes");
  });

  it.each([8, 16, 24, 40])("takes one of %i bytes", (length) => {
    const { server } = parseCookie(new Uint8Array(length));
    expect(server?.length ?? 0).toBe(length - 8);
  });
});

describe("secretsAt", () => {
  let made = 0;
  const random = (count: number) => {
    made += 1;
    return new Uint8Array(count).fill(made);
  };

  it("makes one, keeps it for its life, and the one before it besides", () => {
    const first = secretsAt(5, random);
    expect(first.current).toHaveLength(16);
    expect(first.previous).toBeUndefined();
    expect(secretsAt(4 + secretLifeMs, random, first)).toBe(first);
    const second = secretsAt(5 + secretLifeMs, random, first);
    expect(second.previous).toBe(first.current);
    expect(second.current).not.toEqual(first.current);
    expect(second.since).toBe(5 + secretLifeMs);
  });
});
