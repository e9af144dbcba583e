import { describe, expect, it } from "vitest";
import { linkFindings } from "../../src/dhcp/link-findings.ts";

const facts = { device: "eth0", wantsFull: false, heard: undefined };
const hold = { kind: "hold", since: 0, confirmed: 0, quiet: 0, heard: false } as const;
const proxy = { kind: "proxy", since: 0, quiet: 3, heard: false, met: true } as const;

describe("linkFindings", () => {
  it("says why no new leases are given, and by whom", () => {
    const [finding] = linkFindings(hold, { ...facts, heard: "10.77.0.254" });
    expect(finding).toMatchObject({ code: "dhcp.hold", severity: "error", subject: "eth0" });
    expect(finding?.sentence).toContain("(10.77.0.254) gives addresses on eth0");
  });

  it("names the two ways out where full was asked for", () => {
    const [finding] = linkFindings(hold, { ...facts, wantsFull: true });
    expect(finding?.cure).toContain("dhcp.mode to proxy");
    expect(finding?.cure).toContain("dhcp.force to true");
  });

  it("misses a server that was met, and none that never was", () => {
    expect(linkFindings(proxy, facts)[0]?.code).toBe("dhcp.foreign-server-gone");
    expect(linkFindings({ ...proxy, met: false }, facts)).toEqual([]);
    expect(linkFindings({ ...proxy, quiet: 2 }, facts)).toEqual([]);
  });

  it("has nothing to say where all is well", () => {
    expect(linkFindings({ kind: "full", since: 0 }, facts)).toEqual([]);
  });
});
