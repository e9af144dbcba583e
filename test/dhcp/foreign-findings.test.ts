import { describe, expect, it } from "vitest";
import type { ForeignServer } from "../../src/dhcp/foreign.ts";
import { type ForeignLink, findingsOf } from "../../src/dhcp/foreign-findings.ts";
import { ip } from "../support/dhcp-site.ts";

const us = ip("10.77.0.1");
const router = ip("10.77.0.254");
const link: ForeignLink = { device: "eth0", own: new Set([us]), mode: "proxy", wantsFull: false };
/** A router that does nothing wrong. */
const good: ForeignServer = {
  ...{ serverId: router, address: router, yiaddr: ip("10.77.0.50"), leaseSeconds: 86_400 },
  ...{ router, dns: [router], isProxy: false, relayed: false },
};
const proxy: ForeignServer = {
  ...{ serverId: ip("10.77.0.9"), address: ip("10.77.0.9"), dns: [], isProxy: true },
  relayed: false,
};

describe("findingsOf", () => {
  it.each<{
    name: string;
    servers: readonly ForeignServer[];
    link?: Partial<ForeignLink>;
    want: readonly string[];
  }>([
    { name: "nobody, nothing to tell", servers: [], want: [] },
    { name: "a good router is told of", servers: [good], want: ["info dhcp.foreign-server"] },
    {
      name: "while we give addresses, it is an error",
      ...{ servers: [good], link: { mode: "hold" }, want: ["error dhcp.foreign-server"] },
    },
    {
      name: "where full is wanted, it is an error",
      ...{ servers: [good], link: { wantsFull: true }, want: ["error dhcp.foreign-server"] },
    },
    {
      name: "option 60 kills UEFI",
      servers: [{ ...good, vendorClass60: "PXEClient" }],
      want: ["info dhcp.foreign-server", "error dhcp.foreign-option-60"],
    },
    {
      name: "another vendor class harms nobody",
      servers: [{ ...good, vendorClass60: "MSFT 5.0" }],
      want: ["info dhcp.foreign-server"],
    },
    {
      name: "a boot file of its own",
      servers: [{ ...good, bootFile: "pxelinux.0", nextServer: router }],
      want: ["info dhcp.foreign-server", "warning dhcp.foreign-boot-file"],
    },
    {
      name: "a boot file of ours is what router-config asks for",
      servers: [{ ...good, bootFile: "snponly.efi", nextServer: us }],
      want: ["info dhcp.foreign-server"],
    },
    {
      name: "and so is a URL of ours",
      servers: [{ ...good, bootFile: "http://10.77.0.1:8080/boot.ipxe" }],
      want: ["info dhcp.foreign-server"],
    },
    {
      name: "a URL of a neighbour whose address begins like ours is not",
      servers: [{ ...good, bootFile: "http://10.77.0.10/boot.ipxe" }],
      want: ["info dhcp.foreign-server", "warning dhcp.foreign-boot-file"],
    },
    { name: "a second proxy", servers: [proxy], want: ["warning dhcp.foreign-proxy"] },
    {
      name: "leases of a minute",
      servers: [{ ...good, leaseSeconds: 119 }],
      want: ["info dhcp.foreign-server", "warning dhcp.short-lease"],
    },
    {
      name: "leases of two minutes are long enough",
      servers: [{ ...good, leaseSeconds: 120 }],
      want: ["info dhcp.foreign-server"],
    },
    {
      name: "neither router nor resolver",
      servers: [(({ router: _, ...rest }) => ({ ...rest, dns: [] }))(good)],
      want: ["info dhcp.foreign-server", "info dhcp.foreign-no-router", "info dhcp.foreign-no-dns"],
    },
    {
      name: "two address servers",
      servers: [good, { ...good, serverId: ip("10.77.0.253") }],
      want: ["info dhcp.foreign-server", "info dhcp.foreign-server", "error dhcp.foreign-servers"],
    },
  ])("$name", ({ servers, link: more, want }) => {
    const findings = findingsOf(servers, { ...link, ...more });
    expect(findings.map(({ severity, code }) => `${severity} ${code}`)).toEqual(want);
    for (const { sentence, cure } of findings) {
      expect(sentence).not.toMatch(/\.$/);
      expect(cure).not.toBe("");
    }
  });

  it("names the setting that sends option 60, product by product", () => {
    const [, finding] = findingsOf([{ ...good, vendorClass60: "PXEClient" }], link);
    expect(finding?.cure).toMatch(/Windows: Remove-DhcpServerv4OptionValue.*dnsmasq:.*ISC:.*Kea:/);
  });

  it("names the relay that an answer came by", () => {
    const [finding] = findingsOf([{ ...good, address: ip("10.77.0.2") }], link);
    expect(finding?.sentence).toContain("10.77.0.254 (by way of 10.77.0.2)");
  });
});
