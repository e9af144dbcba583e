import { parseCluster } from "../src/installer/cluster-document.ts";
import { formatMatrix } from "../src/installer/firewall-matrix.ts";
import { formatValidations } from "../src/installer/validations/table.ts";

/** A cluster that has rows of every kind: without infra nodes, ingress is on workers. */
const example = `
name: demo
domain: example.lan
operatingSystem: { name: flatcar, version: 1 }
controllers: [{ name: c1, mac: 52:54:00:77:01:01, address: 10.77.0.11 }]
workers: [{ name: w1, mac: 52:54:00:77:02:01, address: 10.77.0.21 }]
firewall: { nodePortIngress: true }
kubernetes: { version: v1.36.1 }
`;

/** docs/cluster.md with its tables as the code has them; everything else stays. */
export function fillClusterPage(page: string): string {
  const reading = parseCluster(example, () => undefined);
  if (reading.kind === "invalid") throw new TypeError("the example of the docs cannot be read");
  const tables = { validations: formatValidations(), firewall: formatMatrix(reading.cluster) };
  return Object.entries(tables).reduce((text, [name, table]) => {
    const mark = `<!-- the table of ${name}, made by npm run docs -->`;
    const [before = "", rest] = text.split(mark);
    const end = rest?.indexOf("<!-- end -->") ?? -1;
    if (rest === undefined || end < 0) throw new TypeError(`the page has no place for ${name}`);
    return `${before}${mark}\n\n${table}\n\n${rest.slice(end)}`;
  }, page);
}
