import { describe, expect, it } from "vitest";
import { formatProblem, parseCluster } from "../../src/installer/cluster-document.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { formatSubnet } from "../../src/wire/subnet.ts";
import { clusterOf, clusterText, fakeFile, fakePem, readCluster } from "../support/cluster.ts";

const base = clusterText("smallest");

/** What is told of a text, one line each, as an editor would jump to it. */
function told(text: string): readonly string[] {
  const reading = parseCluster(text, fakeFile);
  return reading.kind === "valid" ? [] : reading.problems.map((one) => formatProblem("c", one));
}

describe("parseCluster", () => {
  it("fills in what most clusters have", () => {
    const cluster = readCluster(base);
    expect(cluster).toMatchObject({
      apiName: "demo-k8s.example.lan",
      consoleName: "demo.example.lan",
      apiPort: 443,
      vxlanPort: 4789,
      etcd: { kind: "controllers" },
      keyAlgorithm: "ecdsa-p256",
      operatingSystem: { arch: "x86_64", install: "staged" },
      administrator: { name: "admin" },
      firewall: { level: "should", egress: "open" },
    });
    expect(formatSubnet(cluster.podCidr)).toBe("10.2.0.0/16");
    expect(formatSubnet(cluster.serviceCidr)).toBe("10.3.0.0/16");
    expect(cluster).not.toHaveProperty("kubernetes");
    expect(cluster).not.toHaveProperty("authority");
  });

  it("reads machines in the order of the file, with whatever form of MAC", () => {
    const { nodes } = readCluster(base);
    const rows = nodes.map(({ role, name, macs, address, disk }) => {
      return [role, name, macs.join(), formatIpv4(address), disk.kind];
    });
    expect(rows).toEqual([
      ["controller", "c1", "52:54:00:77:01:01", "10.77.0.11", "smallest"],
      ["worker", "w1", "52:54:00:77:02:01", "10.77.0.21", "smallest"],
    ]);
  });

  it("reads all that can be said", () => {
    const cluster = clusterOf("ha");
    expect(cluster).toMatchObject({ apiName: "api.dc1.example.com", apiPort: 6443 });
    expect(cluster.nodes.map(({ role }) => role[0]).join("")).toBe("cccwwi");
    expect(cluster.nodes[2]).toMatchObject({ macs: [], uuid: expect.stringContaining("4c4c") });
    expect(cluster.nodes[3]?.macs).toHaveLength(2);
    expect(cluster.kubernetes).toEqual({
      version: "v1.36.1",
      sandboxImage: "registry.k8s.io/pause:3.10",
    });
  });

  it("takes the text of files that are named", () => {
    const { authority, etcd, operatingSystem } = clusterOf("external");
    expect(authority?.key).toBe(fakePem("PRIVATE KEY", "given ca.key"));
    expect(etcd).toMatchObject({
      kind: "external",
      client: { cert: expect.stringMatching(/etcd/) },
    });
    expect(operatingSystem.install).toBe("coreos-installer");
  });

  it("lets our installer choose the disk where coreos-installer cannot", () => {
    const text = clusterText("external").replace("disk: path:/dev/sda", "disk: smallest");
    expect(readCluster(text).operatingSystem.install).toBe("staged");
  });

  it("tells the place of what is there and of what holds what is not", () => {
    const reading = parseCluster(base, fakeFile);
    if (reading.kind !== "valid") throw new Error("the base is valid");
    const place = (path: string) => {
      const { line, column } = reading.placeOf(path);
      return `${line}:${column}`;
    };
    expect(place("name")).toBe("1:7");
    expect(place("controllers")).toBe("4:1");
    expect(place("controllers.0.mac")).toBe("5:22");
    expect(place("controllers.0.bmc")).toBe("5:5");
    expect(place("kubernetes.version")).toBe("1:1");
  });
});

describe("what cannot be read", () => {
  const cases = [
    { name: "no YAML", text: "name: [a", want: /^c:1:9: is no YAML/ },
    { name: "no object", text: "- a", want: "c:1:1: want an object of keys and values" },
    { name: "nothing", text: "name: a", want: "c:1:1: domain: want text or a number, got nothing" },
    {
      name: "a key misspelt",
      text: base.replace("domain:", "domian:"),
      want: "c:2:9: domian: there is no such key; did you mean domain?",
    },
    {
      name: "a key misspelt in a machine",
      text: base.replace("{ name: c1, mac:", "{ name: c1, macs:"),
      want: "c:5:23: controllers.0.macs: there is no such key; did you mean mac?",
    },
    {
      name: "a key of nowhere",
      text: `${base}firewall: { colour: red }\n`,
      want: "c:10:21: firewall.colour: there is no such key; remove it",
    },
    {
      name: "no MAC",
      text: base.replace("52-54-00-77-01-01", "52-54-00-77-01"),
      want: 'c:5:22: controllers.0.mac: want a MAC address like 52:54:00:12:34:56, got "52-54-00-77-01"',
    },
    {
      name: "a list with one that is no MAC",
      text: base.replace("52-54-00-77-01-01", "[52-54-00-77-01-01, x]"),
      want: 'c:5:42: controllers.0.mac.1: want a MAC address like 52:54:00:12:34:56, got "x"',
    },
    {
      name: "host bits in a subnet",
      text: `${base}podCidr: 10.2.0.1/16\n`,
      want: /^c:10:10: podCidr: .*did you mean 10\.2\.0\.0\/16\?$/,
    },
    {
      name: "a word that is none of those",
      text: `${base}keyAlgorithm: dsa\n`,
      want: 'c:10:15: keyAlgorithm: want ecdsa-p256 or rsa-2048 or rsa-3072, got "dsa"',
    },
    {
      name: "a port of text",
      text: `${base}apiPort: https\n`,
      want: 'c:10:10: apiPort: want a number, got "https"',
    },
    {
      name: "a port out of range",
      text: `${base}apiPort: 70000\n`,
      want: "c:10:10: apiPort: want a number of at most 65535, got 70000",
    },
    {
      name: "a disk that no rule names",
      text: base.replace("address: 10.77.0.11", "address: 10.77.0.11, disk: largest"),
      want: /^c:5:68: controllers\.0\.disk: want a disk rule: smallest, path:.*got "largest"$/,
    },
    {
      name: "no controller",
      text: base.replace(/controllers:\n.*\n/, "controllers: []\n"),
      want: "c:4:1: controllers: want at least 1 in the list, got []",
    },
    {
      name: "a machine that nothing tells apart",
      text: base.replace("mac: 52-54-00-77-01-01, ", ""),
      want: /^c:5:5: controllers\.0: want mac or uuid/,
    },
    {
      name: "a file that is not there",
      text: `${base}pullSecret: { file: gone.json }\n`,
      want: /^c:10:21: pullSecret\.file: cannot read the file gone\.json/,
    },
    {
      name: "etcd elsewhere without a certificate",
      text: clusterText("external").replace(/ {2}clientKey.*\n/, ""),
      want: /^c:11:3: etcd\.clientKey: want clientKey/,
    },
    {
      name: "a certificate for an etcd of our own",
      text: base.replace("{ program: /usr/bin/etcd }", "{ authority: x }"),
      want: /^c:9:20: etcd\.authority: belongs to etcd elsewhere/,
    },
  ];
  it.each(cases)("$name", ({ text, want }) => {
    const lines = told(text);
    const fits = (line: string) => (typeof want === "string" ? line === want : want.test(line));
    expect(lines.filter(fits), lines.join("\n")).toHaveLength(1);
  });

  it("tells every problem at once", () => {
    expect(told(base.replace("name: demo", "name: ''").replace("10.77.0.11", "x"))).toHaveLength(2);
  });
});
