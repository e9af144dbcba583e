import { describe, expect, it } from "vitest";
import type { ForeignServer } from "../../src/dhcp/foreign.ts";
import { reportJson, reportLink, reportRows } from "../../src/dhcp/probe-report.ts";
import { ip } from "../support/dhcp-site.ts";

const us = ip("10.77.0.1");
const router: ForeignServer = {
  ...{ serverId: ip("10.77.0.254"), address: ip("10.77.0.254"), yiaddr: ip("10.77.0.50") },
  ...{ leaseSeconds: 600, dns: [ip("10.77.0.8")], isProxy: false, relayed: false },
};
const proxy = { ...router, serverId: ip("10.77.0.9"), isProxy: true };

describe("reportLink", () => {
  it("counts a server of this host as none", () => {
    const report = reportLink("eth0", [{ ...router, serverId: us }], new Set([us]));
    expect([report.servers.length, report.ownServers.length, report.findings]).toEqual([0, 1, []]);
    expect(report.advice).toContain("auto becomes full");
  });

  it.each([
    { servers: [], says: "nobody else gives addresses here: dhcp.mode auto becomes full" },
    { servers: [proxy], says: "nobody else gives addresses here" },
    { servers: [router], says: "10.77.0.254 gives addresses here: dhcp.mode auto becomes proxy" },
  ])("advises the mode: $says", ({ servers, says }) => {
    expect(reportLink("eth0", servers, new Set([us])).advice).toContain(says);
  });
});

describe("reportRows", () => {
  it("is empty where nobody answered", () => {
    expect(reportRows([reportLink("eth0", [], new Set())])).toEqual([]);
  });

  it("has a row for each server", () => {
    const [, row] = reportRows([reportLink("eth0", [router], new Set())]);
    const cells = ["eth0", "10.77.0.254", "-", "10.77.0.50", "600 s", "-", "10.77.0.8", "-", "-"];
    expect(row).toEqual(cells);
  });
});

describe("reportJson", () => {
  it("prints addresses as text and seconds as a number", () => {
    expect(reportJson(reportLink("eth0", [router], new Set()))).toMatchObject({
      servers: [
        { serverId: "10.77.0.254", yiaddr: "10.77.0.50", leaseSeconds: 600, dns: ["10.77.0.8"] },
      ],
    });
  });
});
