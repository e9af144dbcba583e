import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limitsAt, negotiate, windowCeiling } from "../../src/tftp/negotiate.ts";
import { parseIp } from "../../src/wire/ip.ts";

const limits = { blksizeMax: 1468, windowMax: 16 };
const list = (asked: Readonly<Record<string, string>>) =>
  Object.entries(asked).map(([name, value]) => ({ name, value }));

describe("negotiate", () => {
  const rows = [
    { name: "nothing for nothing", asked: {}, want: {} },
    { name: "iPXE's block size as it is", asked: { blksize: "1432" }, want: { blksize: "1432" } },
    { name: "less than a jumbo block size", asked: { blksize: "8192" }, want: { blksize: "1468" } },
    { name: "a block size past RFC 2348", asked: { blksize: "70000" }, want: { blksize: "1468" } },
    { name: "the least block size", asked: { blksize: "8" }, want: { blksize: "8" } },
    { name: "no block size below 8", asked: { blksize: "7" }, want: {} },
    { name: "no block size that is no number", asked: { blksize: "1e3" }, want: {} },
    { name: "no negative block size", asked: { blksize: "-1" }, want: {} },
    { name: "the size", asked: { tsize: "0" }, want: { tsize: "1000" } },
    { name: "the time-out as asked", asked: { timeout: "3" }, want: { timeout: "3" } },
    { name: "no time-out of 0", asked: { timeout: "0" }, want: {} },
    { name: "no time-out past 255", asked: { timeout: "256" }, want: {} },
    { name: "EDK2's window", asked: { windowsize: "4" }, want: { windowsize: "4" } },
    { name: "a smaller window", asked: { windowsize: "65535" }, want: { windowsize: "16" } },
    { name: "no window of 0", asked: { windowsize: "0" }, want: {} },
    { name: "nothing unknown", asked: { multicast: "", rollover: "1", utimeout: "9" }, want: {} },
  ];
  it.each(rows)("grants $name", ({ asked, want }) => {
    expect(negotiate(list(asked), limits, 1000).granted).toEqual(list(want));
  });

  it("uses plain RFC 1350 terms where nothing was granted", () => {
    expect(negotiate([], limits, 9)).toEqual({ blksize: 512, windowsize: 1, granted: [] });
  });

  it("waits as long as the client asked for", () => {
    expect(negotiate(list({ timeout: "7" }), limits).timeoutMs).toBe(7000);
  });

  it("leaves out a size it does not know", () => {
    expect(negotiate(list({ tsize: "0" }), limits).granted).toEqual([]);
  });

  it("takes the first of an option sent twice", () => {
    const twice = [...list({ blksize: "1000" }), ...list({ blksize: "1400" })];
    expect(negotiate(twice, limits).granted).toEqual(list({ blksize: "1000" }));
  });

  it("never grants what was not asked, more than was asked or past a ceiling", () => {
    const name = fc.constantFrom("blksize", "windowsize", "timeout", "tsize", "multicast");
    const options = fc.array(fc.record({ name, value: fc.nat(99_999).map(String) }));
    const open = { blksizeMax: 65_464, windowMax: 65_535 };
    fc.assert(
      fc.property(options, (asked) => {
        for (const { name, value } of negotiate(asked, open, 5).granted) {
          const first = asked.find((option) => option.name === name);
          expect(first).toBeDefined();
          if (name !== "tsize") expect(Number(value)).toBeLessThanOrEqual(Number(first?.value));
          if (name === "windowsize") expect(Number(value)).toBeLessThanOrEqual(windowCeiling);
        }
      }),
    );
  });
});

it.each([
  ["10.77.0.1", 1468, 1468],
  ["fd77::1", 1468, 1448],
  ["fd77::1", 512, 512],
])("at %s a frame has room for %i less the longer header: %i", (server, blksizeMax, want) => {
  expect(limitsAt(parseIp(server), { blksizeMax, windowMax: 4 })).toEqual({
    blksizeMax: want,
    windowMax: 4,
  });
});
