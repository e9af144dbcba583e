import { describe, expect, it } from "vitest";
import { formatDraft } from "../../../src/installer/import/draft.ts";
import { type CsvColumns, importMachines } from "../../../src/installer/import/machines-csv.ts";
import { readCluster } from "../../support/cluster.ts";

const rows = (text: string, columns?: CsvColumns) =>
  importMachines(text, columns === undefined ? {} : { columns }).machines.map((machine) => {
    return [machine.role, machine.name, machine.mac, machine.address ?? "-"].join(" ");
  });

describe("importMachines", () => {
  it.each([
    {
      name: "a header of known words",
      text: "Host Name,MAC-Address,IP Address\nW1.example.lan,52-54-00-77-02-01,10.77.0.21",
      want: ["worker w1 52:54:00:77:02:01 10.77.0.21"],
    },
    {
      name: "no header",
      text: "w1;10.77.0.21;525400770201\nw2;10.77.0.22;5254.0077.0202",
      want: ["worker w1 52:54:00:77:02:01 10.77.0.21", "worker w2 52:54:00:77:02:02 10.77.0.22"],
    },
    {
      name: "the old wizard's two columns",
      text: "52:54:00:77:02:01,w1.example.lan",
      want: ["worker w1 52:54:00:77:02:01 -"],
    },
    {
      name: "roles",
      text: "mac,name,role\n52:54:00:77:01:01,c1,Master\n52:54:00:77:03:01,i1,infra\n52:54:00:77:02:01,w1,",
      want: [
        "controller c1 52:54:00:77:01:01 -",
        "infra i1 52:54:00:77:03:01 -",
        "worker w1 52:54:00:77:02:01 -",
      ],
    },
  ])("reads $name", ({ text, want }) => {
    expect(rows(text)).toEqual(want);
  });

  it("takes the columns that are named, by heading or number", () => {
    const text = "NIC 1,NIC 2,Label\n52:54:00:77:02:01,52:54:00:77:02:11,w1\n";
    expect(rows(text, { mac: "nic 2", name: "3" })).toEqual(["worker w1 52:54:00:77:02:11 -"]);
    expect(() => rows(text, { mac: "nic 9" })).toThrow(/got "nic 9": it has NIC 1, NIC 2, Label$/);
    expect(() => rows(text)).toThrow(/want a column of MAC addresses/);
  });

  it("tells every line that holds no machine", () => {
    const text = "mac,name,ip\nx,w1,\n52:54:00:77:02:01,,\n52:54:00:77:02:02,w2,10.77.0\n";
    expect(() => rows(text)).toThrow(
      [
        'line 2: want a MAC address like 52:54:00:12:34:56, got "x"',
        'line 3: want a name, got ""',
        'line 4: want an IPv4 address like 10.0.0.1, got "10.77.0"',
      ].join("\n"),
    );
  });

  it("makes a description that can be read, and tells what it left out", () => {
    const text =
      "role,name,mac,ip,disk,bmc,rack\n" +
      "controller,c1,52:54:00:77:01:01,10.77.0.11,serial:X1,10.77.1.11,A\n" +
      "worker,w1,52:54:00:77:02:01,10.77.0.21,,,B\n";
    const yaml = formatDraft(importMachines(text, {}));
    const { nodes } = readCluster(yaml);
    expect(nodes.map(({ role, disk, bmc }) => [role, disk.kind, bmc !== undefined])).toEqual([
      ["controller", "serial", true],
      ["worker", "smallest", false],
    ]);
    expect(yaml).toContain("# - column rack: it holds nothing of a cluster");
  });

  it("wants a line at least", () => {
    expect(() => rows("")).toThrow("want a line for each machine, got none");
  });
});
