import { describe, expect, it } from "vitest";
import { findInterfaces } from "../../src/runtime/interfaces.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { formatSubnet } from "../../src/wire/subnet.ts";

describe("findInterfaces", () => {
  it("gives the address and the subnet of a device", () => {
    const [lo] = findInterfaces(["lo"]);
    expect(lo && { address: formatIpv4(lo.address), subnet: formatSubnet(lo.subnet) }).toEqual({
      address: "127.0.0.1",
      subnet: "127.0.0.0/8",
    });
  });

  it("says which devices there are when one is missing", () => {
    expect(() => findInterfaces(["lo", "nosuch0"])).toThrow(
      expect.objectContaining({
        code: "interface.missing",
        message: expect.stringMatching(/^there is no interface nosuch0; this host has /),
      }),
    );
  });
});
