import { describe, expect, it } from "vitest";
import { Admission } from "../../src/dhcp/admission.ts";
import type { BindingKey } from "../../src/dhcp/request.ts";
import { noon } from "../support/dhcp-site.ts";

const limits = { newMachinesPerMinute: 3, newMachinesPerPort: 2 };
const key = (number: number) => `key-${number}` as BindingKey;

/** How many of `count` machines in a row get in. */
function admitted(parts: { count?: number; fullness?: number; port?: (number: number) => string }) {
  const { count = 10, fullness = 0.5, port } = parts;
  const admission = new Admission();
  const each = Array.from({ length: count }, (_, number) => {
    const at = port && { port: port(number) };
    return admission.admits({ key: key(number), now: noon, fullness, ...at }, limits);
  });
  return each.filter((one) => one).length;
}

describe("Admission", () => {
  it.each([
    { name: "all while there is room", parts: {}, want: 10 },
    { name: "few a minute once nine tenths are taken", parts: { fullness: 0.9 }, want: 3 },
    { name: "few behind one relay port, always", parts: { port: () => "a" }, want: 2 },
    { name: "each port by itself", parts: { port: (n: number) => `${n % 4}` }, want: 8 },
  ])("lets in $name", ({ parts, want }) => {
    expect(admitted(parts)).toBe(want);
  });

  it("lets those in again that it let in, and newcomers after a minute or a set-back clock", () => {
    const admission = new Admission();
    const ask = (number: number, now: number) =>
      admission.admits({ key: key(number), now, fullness: 1 }, limits);
    expect([0, 1, 2, 3, 0].map((number) => ask(number, noon))).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
    expect(ask(3, noon + 59_999)).toBe(false);
    expect(ask(3, noon + 60_000)).toBe(true);
    expect(ask(4, noon)).toBe(true);
  });
});
