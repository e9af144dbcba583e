import { describe, expect, it } from "vitest";
import { type ConfigSources, resolveConfig } from "../../src/config/resolve.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";

const from = (text: string, rest: Partial<ConfigSources> = {}) =>
  resolveConfig({ file: { name: "k.yaml", text }, environment: {}, flags: {}, ...rest });

describe("resolveConfig", () => {
  it("is valid with nothing at all, every value from its default", () => {
    const resolution = resolveConfig({ environment: {}, flags: {} });
    expect(resolution).toMatchObject({
      kind: "valid",
      config: {
        dhcp: { mode: "auto", force: false, lease: 43_200, bootLease: 300 },
        http: { port: 8080 },
      },
    });
    if (resolution.kind !== "valid") return;
    expect(new Set(resolution.origins.values())).toEqual(new Set(["default"]));
  });

  it("puts flags over the environment over the file, and remembers each origin", () => {
    const resolution = from("dhcp:\n  mode: proxy\n  lease: 1h\n  bootLease: 2m\n", {
      environment: { KINDLING_DHCP_LEASE: "2h", KINDLING_DHCP_BOOT_LEASE: "3m", PATH: "/bin" },
      flags: { "dhcp.bootLease": "4m", interfaces: "eth1,eth2" },
    });
    expect(resolution.kind).toBe("valid");
    if (resolution.kind !== "valid") return;
    expect(resolution.config.interfaces).toEqual(["eth1", "eth2"]);
    expect(resolution.config.dhcp).toMatchObject({ mode: "proxy", lease: 7200, bootLease: 240 });
    const { origins } = resolution;
    expect(origins.get("dhcp.mode")).toBe("k.yaml:2:9");
    expect(origins.get("dhcp.lease")).toBe("KINDLING_DHCP_LEASE");
    expect(origins.get("dhcp.bootLease")).toBe("--dhcp-boot-lease");
    expect(origins.get("dhcp.offerHold")).toBe("default");
  });

  it("reads structures from the environment as YAML", () => {
    const rows = "[{mac: '52-54-00-77-00-10', hostname: Node1, address: 10.77.0.10}]";
    const resolution = resolveConfig({
      environment: { KINDLING_DHCP_RESERVATIONS: rows },
      flags: {},
    });
    expect(resolution.kind).toBe("valid");
    if (resolution.kind !== "valid") return;
    const [row] = resolution.config.dhcp.reservations;
    expect(row).toMatchObject({ mac: "52:54:00:77:00:10", hostname: "node1" });
    expect(row?.address === undefined ? "" : formatIpv4(row.address)).toBe("10.77.0.10");
  });

  const refused = [
    {
      name: "a misspelt key, with the near one",
      text: "dhcp:\n  pols: []\n",
      want: { path: "dhcp.pols", message: "there is no such setting; did you mean pools?" },
    },
    {
      name: "a key at the wrong depth, with its place",
      text: "mode: full\n",
      want: { path: "mode", message: "there is no such setting; did you mean dhcp.mode?" },
    },
    {
      name: "a wrong word, with what is wanted and where it stands",
      text: "dhcp:\n  mode: fulll\n",
      want: { origin: "k.yaml:2:9", message: 'want auto, full, proxy or off, got "fulll"' },
    },
    {
      name: "a port that is none",
      text: "http: {port: 99999}\n",
      want: { path: "http.port", message: "want a port, 1 to 65535, got 99999" },
    },
    {
      name: "a time in a unit that is none",
      text: "dhcp: {lease: 5x}\n",
      want: { message: 'want a time such as 30s, 5m, 12h or 2d, got "5x"' },
    },
    {
      name: "a bad MAC in a reservation",
      text: "dhcp:\n  reservations:\n    - mac: zz\n",
      want: {
        path: "dhcp.reservations.0.mac",
        message: 'want a MAC address like 52:54:00:12:34:56, got "zz"',
      },
    },
    {
      name: "an unquoted MAC that YAML took for a number",
      text: "dhcp:\n  reservations:\n    - mac: 525400770010\n",
      want: { message: "want a string, got 525400770010; put it in quotes" },
    },
    {
      name: "a reservation for nobody",
      text: "dhcp:\n  reservations:\n    - hostname: a\n",
      want: {
        message: "a reservation names a machine by mac, uuid, clientId, circuitId or remoteId",
      },
    },
    {
      name: "a range that ends before it begins",
      text: "dhcp: {pools: [10.0.0.9-10.0.0.2]}\n",
      want: { message: 'the range "10.0.0.9-10.0.0.2" ends before it begins' },
    },
    {
      name: "broken YAML, with line and column",
      text: "interfaces: [\n",
      want: { origin: "k.yaml:2:1" },
    },
    {
      name: "a file that is no mapping",
      text: "5\n",
      want: { message: 'want settings as "name: value" lines, got 5' },
    },
  ];
  it.each(refused)("refuses $name", ({ text, want }) => {
    const resolution = from(text);
    expect(resolution.kind).toBe("invalid");
    if (resolution.kind === "invalid") expect(resolution.problems[0]).toMatchObject(want);
  });

  it("refuses a variable that is no setting, and leaves other programs' variables alone", () => {
    const environment = { KINDLING_DHCP_MOD: "full", HOME: "/root", KINDLING_CONFIG: "x" };
    expect(resolveConfig({ environment, flags: {} })).toMatchObject({
      kind: "invalid",
      problems: [
        {
          origin: "KINDLING_DHCP_MOD",
          message: "there is no such setting; did you mean KINDLING_DHCP_MODE?",
        },
      ],
    });
  });

  it("tells every problem at once", () => {
    const resolution = from("dhcp: {mode: x, lease: y}\nhttp: {prt: 1}\n");
    expect(resolution.kind === "invalid" && resolution.problems.length).toBe(3);
  });
});
