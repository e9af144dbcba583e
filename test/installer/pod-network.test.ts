import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  podNetworkFiles,
  podNetworkRuntime,
  podNetworkUnits,
} from "../../src/installer/pod-network.ts";
import { podRoutesAwk, podRoutesScript } from "../../src/installer/pod-routes-script.ts";
import { clusterOf } from "../support/cluster.ts";

const cluster = clusterOf("ha");
const fixture = readFileSync(join(import.meta.dirname, "pod-routes/nodes-1.20.2.json"), "utf8");

/** The awks that images have, where they are on this host. */
const awks = [["mawk"], ["gawk", "--posix"], ["busybox", "awk"], ["original-awk"]].filter(
  ([name]) => existsSync(`/usr/bin/${name}`),
);

describe.each(awks)("what %s reads out of a list of nodes", (...awk) => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kindling-routes-"));
    writeFileSync(join(folder, "routes.awk"), podRoutesAwk);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function read(text: string, self = "c1.example.lan") {
    const page = join(folder, "page");
    writeFileSync(page, text);
    const [command = "", ...first] = awk;
    const words = [
      "-v",
      `self=${self}`,
      "-v",
      "pods=10.2.0.0/16",
      "-f",
      join(folder, "routes.awk"),
    ];
    const env = { ...process.env, LC_ALL: "C" };
    const said = spawnSync(command, [...first, ...words, page], { encoding: "utf8", env });
    return { status: said.status, lines: said.stdout.split("\n").slice(0, -1) };
  }

  it("is what a real API server told, without the machine itself", () => {
    expect(read(fixture)).toEqual({ status: 0, lines: ["10.2.1.0/24 10.77.0.21"] });
    expect(read(fixture, "w1.example.lan").lines).toEqual(["10.2.0.0/24 10.77.0.11"]);
    const spread = JSON.stringify(JSON.parse(fixture), null, 2);
    expect(read(spread)).toEqual(read(fixture));
  });

  const node = (podCIDR: unknown, ip: unknown, more: object = {}) => ({
    ...{ metadata: { name: "w9" }, spec: { podCIDR }, ...more },
    status: { addresses: [{ address: ip, type: "InternalIP" }] },
  });
  const list = (items: readonly unknown[], token = "") =>
    JSON.stringify({ kind: "NodeList", metadata: { continue: token }, items });
  const evil = '","spec":{"podCIDR":"10.2.66.0/24"}}\\';
  it.each([
    {
      name: "a machine",
      items: [node("10.2.9.0/24", "10.77.0.29")],
      want: ["10.2.9.0/24 10.77.0.29"],
    },
    { name: "one without a network yet", items: [node(undefined, "10.77.0.29")], want: [] },
    { name: "a network of others", items: [node("10.3.9.0/24", "10.77.0.29")], want: [] },
    { name: "more than the whole", items: [node("10.0.0.0/8", "10.77.0.29")], want: [] },
    { name: "a default route", items: [node("0.0.0.0/0", "10.77.0.29")], want: [] },
    { name: "words", items: [node("10.2.9.0/24 dev lo", "10.77.0.29")], want: [] },
    { name: "words for an address", items: [node("10.2.9.0/24", "10.77.0.29; reboot")], want: [] },
    { name: "an IPv6 address", items: [node("10.2.9.0/24", "fd00::1")], want: [] },
    { name: "too large a number", items: [node("10.2.9.0/24", "10.77.0.290")], want: [] },
    {
      name: "a text that looks like more",
      items: [
        node("10.2.9.0/24", "10.77.0.29", { metadata: { annotations: { a: evil }, name: "w9" } }),
      ],
      want: ["10.2.9.0/24 10.77.0.29"],
    },
    {
      name: "an address of another kind",
      items: [
        {
          ...node("10.2.9.0/24", ""),
          status: { addresses: [{ type: "ExternalIP", address: "1.2.3.4" }] },
        },
      ],
      want: [],
    },
    {
      name: "one that follows one without",
      items: [node("10.2.9.0/24", "10.77.0.29"), { metadata: { name: "x" } }],
      want: ["10.2.9.0/24 10.77.0.29"],
    },
  ])("of $name", ({ items, want }) => {
    expect(read(list(items))).toEqual({ status: 0, lines: want });
  });

  it("says where the next page begins", () => {
    expect(read(list([], "ab==")).lines).toEqual(["more ab=="]);
  });

  it.each(["", "ok", '{"kind":"Status","items":[]}', fixture.slice(0, -40)])(
    "is nothing that counts, of %j",
    (text) => {
      expect(read(text).status).toBe(1);
    },
  );

  it("is the same whatever else a machine tells of itself", () => {
    const junk = fc.dictionary(fc.string(), fc.jsonValue({ depthSize: "small" }));
    const property = fc.property(junk, fc.string(), (annotations, text) => {
      const metadata = { annotations: { ...annotations, text }, name: "w9", labels: annotations };
      const { lines } = read(list([node("10.2.9.0/24", "10.77.0.29", { metadata })]));
      expect(lines).toEqual(["10.2.9.0/24 10.77.0.29"]);
    });
    fc.assert(property, { numRuns: 60 });
  });
});

describe("the pod network", () => {
  const files = (podNetwork: "routes" | "flannel" | "none") =>
    podNetworkFiles({ ...cluster, podNetwork }).map(({ path }) => path);

  it("of routes has a template that containerd fills in, and is JSON then", () => {
    expect(podNetworkRuntime({ podNetwork: "routes" })).toContain(
      `conf_template = "${files("routes")[0]}"`,
    );
    const [template] = podNetworkFiles({ ...cluster, podNetwork: "routes" });
    const text = template && "text" in template ? template.text : "";
    const { plugins } = JSON.parse(text.replace("{{.PodCIDR}}", "10.2.1.0/24"));
    expect(plugins[0]).toMatchObject({ type: "bridge", ipMasq: false });
    expect(plugins[0].ipam.ranges).toEqual([[{ subnet: "10.2.1.0/24" }]]);
  });

  it.each(["flannel", "none"] as const)("of %s leaves the machine to others", (podNetwork) => {
    expect(files(podNetwork)).toEqual([]);
    expect(podNetworkRuntime({ podNetwork })).toBe("");
    expect(podNetworkUnits({ ...cluster, podNetwork })).toEqual([]);
  });

  it("is kept by a script that a POSIX shell reads", () => {
    expect(execFileSync("sh", ["-n"], { input: podRoutesScript, encoding: "utf8" })).toBe("");
  });
});
