import { describe, expect, it } from "vitest";
import { parseDnsSettings } from "../../src/dns/settings.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { dnsSettings } from "../support/dns.ts";

describe("parseDnsSettings", () => {
  it("reads names relative to the domain and targets by name or address", () => {
    const controller = { name: "api.Prod", targets: ["Node1", "node2.example.org", "10.77.0.9"] };
    const plan = parseDnsSettings(dnsSettings({ domain: "Kindling.LAN.", controller }));
    expect(plan).toMatchObject({ domain: "kindling.lan", provisioner: "provisioner.kindling.lan" });
    expect(plan.services[0]).toEqual({
      name: "api.prod.kindling.lan",
      targets: ["node1.kindling.lan", "node2.kindling.lan", parseIpv4("10.77.0.9")],
    });
    expect(plan.services[1]?.name).toBe("tectonic.kindling.lan");
  });

  const service = (name: string, targets: string[] = []) => ({ name, targets });
  const alias = { name: "www", type: "CNAME", value: "node1" } as const;
  it.each([
    ["a domain that is none", { domain: "kind ling" }, "dns.domain: want a domain name"],
    ["a wildcard domain", { domain: "*.lan" }, "dns.domain: want a domain"],
    ["a domain with no room", { domain: `${"a.".repeat(100)}a` }, "189 bytes or fewer"],
    ["our name outside the domain", { provisioner: "a.org." }, "want a name below kindling.lan"],
    ["our name at the apex", { provisioner: "kindling.lan" }, "dns.provisioner: want a name below"],
    [
      "a name used twice",
      { controller: service("tectonic") },
      "tectonic.kindling.lan is used twice",
    ],
    ["an address that is none", { console: service("c", ["10.0.0.256"]) }, "dns.console.targets"],
    [
      "a target without a letter",
      { console: service("c", ["__"]) },
      "want a host name or an address",
    ],
    ["too many targets", { console: service("c", Array(257).fill("a")) }, "at most 256 targets"],
    ["an alias beside a record", { records: [alias, { ...alias, type: "TXT" as const }] }, "twice"],
    ["an alias at a name of ours", { records: [{ ...alias, name: "controller" }] }, "twice"],
    ["a broken record", { records: [{ ...alias, value: "a b" }] }, 'dns record "www" CNAME'],
  ])("refuses %s", (_, changes, message) => {
    const config = expect.objectContaining({ code: "config.invalid" });
    expect(() => parseDnsSettings(dnsSettings(changes))).toThrow(config);
    expect(() => parseDnsSettings(dnsSettings(changes))).toThrow(message);
  });
});
