import { describe, expect, it } from "vitest";
import { decidePressure, formPressureFinding } from "../../src/dhcp/pool-pressure.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { lease } from "../support/dhcp-world.ts";

describe("decidePressure", () => {
  it.each([
    { taken: 79, before: "ok", want: "ok" },
    { taken: 80, before: "ok", want: "low" },
    { taken: 76, before: "low", want: "low" },
    { taken: 74, before: "low", want: "ok" },
    { taken: 100, before: "low", want: "low" },
    { taken: 100, before: "low", refused: true, want: "exhausted" },
    { taken: 96, before: "exhausted", want: "exhausted" },
    { taken: 95, before: "exhausted", want: "low" },
    { taken: 10, before: "exhausted", want: "ok" },
    { taken: 0, usable: 0, before: "ok", refused: true, want: "ok" },
  ] as const)("$taken of 100, $before before: $want", ({ want, before, ...use }) => {
    expect(decidePressure({ usable: 100, refused: false, ...use }, before)).toBe(want);
  });
});

describe("formPressureFinding", () => {
  it("names who holds the most, the makers of made-up MACs as one", () => {
    const leases = ["02:00:00:00:00:01", "06:00:00:00:00:02", "b8:27:eb:00:00:01"].map(
      (of, index) => lease({ at: `10.77.0.${index + 10}`, of }),
    );
    const subnet = parseSubnet("10.77.0.0/24");
    const finding = formPressureFinding("low", { taken: 3, usable: 3 }, { subnet, leases });
    expect(finding).toMatchObject({
      code: "dhcp.pool-low",
      sentence:
        "3 of 3 addresses of 10.77.0.0/24 are taken; most are held by locally made MACs (2), b8:27:eb:* (1)",
      subject: "10.77.0.0/24",
    });
    const out = formPressureFinding("exhausted", { taken: 3, usable: 3 }, { subnet, leases: [] });
    expect(out).toMatchObject({ code: "dhcp.pool-exhausted", severity: "error" });
  });
});
