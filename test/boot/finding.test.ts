import { describe, expect, it } from "vitest";
import { findingKey } from "../../src/boot/finding.ts";

describe("findingKey", () => {
  it("tells findings of one code apart by what they are about", () => {
    const keys = [undefined, "eth0", "eth1"].map((subject) =>
      findingKey({ code: "dhcp.foreign-server", ...(subject && { subject }) }),
    );
    expect(new Set(keys).size).toBe(3);
  });
});
