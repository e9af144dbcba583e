import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NodeRoles } from "../../src/installer/cluster.ts";
import { addRow, formatRow, removeRow } from "../../src/installer/description-edit.ts";
import { plainValue } from "../../src/installer/source-value.ts";
import { collectReports } from "../../src/render/ignition-tree.ts";
import { readYaml } from "../../src/render/yaml-source.ts";
import { ClusterNames, clusterText, readCluster } from "../support/cluster.ts";

const row = { name: "w9", mac: ["52:54:00:77:02:09"], address: "10.77.0.29" };
const written = "{ name: w9, mac: 52:54:00:77:02:09, address: 10.77.0.29 }";
const block = `# the brain
controllers:
- name: c1 # one
  address: 10.77.0.11
# second one
- name: c2

  address: 10.77.0.12   # far
# what works
workers: [] # none yet
sshKeys: [a,   b]
`;
const flow = "domain: lan\nworkers:\n  - { name: w1 }  # one\n\n# end\n";

describe("addRow", () => {
  it.each([
    {
      name: "below rows of several lines, at their margin",
      text: block,
      role: "controller",
      want: ["  address: 10.77.0.12   # far\n", `  address: 10.77.0.12   # far\n- ${written}\n`],
    },
    { name: "into an empty list", text: block, role: "worker", want: ["[]", `[${written}]`] },
    {
      name: "with a list that was not there",
      text: block,
      role: "infra",
      want: ["[a,   b]\n", `[a,   b]\ninfra:\n  - ${written}\n`],
    },
    {
      name: "below rows of one line",
      text: flow,
      role: "worker",
      want: ["# one\n", `# one\n  - ${written}\n`],
    },
    {
      name: "into JSON",
      text: '{"workers":[{"name":"w1"}]}',
      role: "worker",
      want: ['"w1"}', `"w1"}, ${JSON.stringify({ ...row, mac: row.mac[0] })}`],
    },
    {
      name: "into JSON without such a list",
      text: '{"workers":[]}',
      role: "infra",
      want: ["[]", `[], "infra": [${JSON.stringify({ ...row, mac: row.mac[0] })}]`],
    },
  ] as const)("puts a row $name, and leaves the rest", ({ text, role, want: [part, now] }) => {
    expect(addRow(text, role, row)).toBe(text.replace(part, now));
  });

  it.each(["workers: *others", "workers: w1", "workers:", "[]", ""])("refuses %j", (text) => {
    expect(() => addRow(text, "worker", row)).toThrow(/change the description by hand/);
  });

  it("writes what is read back, whatever it is", () => {
    const text = fc.string({ unit: "binary" });
    const rows = fc.record({ name: text, address: text, disk: text, mac: fc.array(text) });
    const read = (row: string) => {
      const source = readYaml(`row: ${row}`, collectReports());
      return source && Object.getOwnPropertyDescriptor(plainValue(source), "row")?.value;
    };
    fc.assert(
      fc.property(rows, ({ mac, ...rest }) => {
        const cells = mac.length === 0 ? {} : { mac: mac.length === 1 ? mac[0] : mac };
        expect(read(formatRow({ ...rest, mac }))).toEqual({ ...rest, ...cells });
      }),
    );
  });
});

describe("removeRow", () => {
  it.each([
    {
      name: "its comment too",
      text: block,
      role: "controller",
      at: 1,
      want: [/# second one\n(.*\n){3}(?=# what)/, ""],
    },
    {
      name: "but not what stands above the list",
      text: block,
      role: "controller",
      at: 0,
      want: [/- name: c1.*\n.*\n/, ""],
    },
    {
      name: "the last one, and the list is empty",
      text: flow,
      role: "worker",
      at: 0,
      want: [/workers:\n.*\n/, "workers: []\n"],
    },
    { name: "the first of JSON", text: "[a, b]", role: "infra", at: 0, want: [/a, /, ""] },
    { name: "the last of JSON", text: "[a, b]", role: "infra", at: 1, want: [/, b/, ""] },
    { name: "the only one of JSON", text: "[a]", role: "infra", at: 0, want: [/a(?=\])/, ""] },
  ] as const)("takes away $name", ({ text, role, at, want: [part, now] }) => {
    const whole = role === "infra" ? `{ infra: ${text} }` : text;
    expect(removeRow(whole, role, at)).toBe(whole.replace(part, now));
  });

  it.each(ClusterNames)("undoes what addRow did to %s", (name) => {
    const text = clusterText(name);
    for (const role of NodeRoles) {
      const { nodes } = readCluster(text);
      const count = nodes.filter((node) => node.role === role).length;
      const more = addRow(text, role, row);
      const added = readCluster(more).nodes.filter((node) => node.role === role);
      expect(added.map((node) => node.name).at(-1)).toBe("w9");
      const back = removeRow(more, role, count);
      if (count > 0) expect(back).toBe(text);
      expect(readCluster(back).nodes).toEqual(nodes);
    }
  });
});
