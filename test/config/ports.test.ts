import { describe, expect, it } from "vitest";
import { describeHolder, wantedPorts } from "../../src/config/ports.ts";
import { resolveConfig } from "../../src/config/resolve.ts";

const portsOf = (flags: Record<string, string>) => {
  const resolution = resolveConfig({ environment: {}, flags });
  if (resolution.kind === "invalid") throw new Error("these flags are valid");
  return wantedPorts(resolution.config);
};

describe("wantedPorts", () => {
  const cases = [
    { name: "all of them by default", flags: {}, want: [67, 4011, 69, 53, 53, 8080] },
    {
      name: "4011 beside another server too",
      flags: { "dhcp.mode": "proxy" },
      want: [67, 4011, 69, 53, 53, 8080],
    },
    {
      name: "gRPC when it is switched on",
      flags: { "rpc.port": "8081" },
      want: [67, 4011, 69, 53, 53, 8080, 8081],
    },
    {
      name: "one for images when it is wished",
      flags: { "oci.port": "5000" },
      want: [67, 4011, 69, 53, 53, 8080, 5000],
    },
    {
      name: "only HTTP when the rest is off",
      flags: {
        "dhcp.mode": "off",
        "tftp.enabled": "false",
        "dns.enabled": "false",
        "http.port": "80",
      },
      want: [80],
    },
  ];
  it.each(cases)("are $name", ({ flags, want }) => {
    expect(portsOf(flags).map(({ port }) => port)).toEqual(want);
  });
});

describe("describeHolder", () => {
  it("names the port, the program, its pid and the cure", () => {
    const [dhcp] = portsOf({});
    if (dhcp === undefined) throw new Error("DHCP is wanted by default");
    expect(describeHolder(dhcp, [{ pid: 812, name: "dnsmasq" }])).toBe(
      'UDP 67 (DHCP) is held by dnsmasq, pid 812: stop it, or set dhcp.mode to "off"',
    );
  });
});
