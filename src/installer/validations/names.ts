import { type Cluster, fullName, SectionOf } from "../cluster.ts";
import { type Offence, offenceIf, type Validation } from "../validation.ts";

/** Names of things: RFC 1123 §2.1 in lower case, as Kubernetes wants them. */
export const nameRows: readonly Validation[] = [
  {
    id: "name.cluster",
    severity: "error",
    sentence: "the cluster's name is made of lower-case letters, digits, hyphens and dots",
    cure: "choose a name like prod or prod.east, each part of at most 63 letters",
    check: ({ name }) => offenceIf(!isDomain(name), "name", `"${name}"`),
  },
  {
    id: "name.domain",
    severity: "error",
    sentence: "domain, apiName and consoleName are DNS names of two labels or more",
    cure: "write them as prod-k8s.example.com",
    check: (cluster) =>
      (["domain", "apiName", "consoleName"] as const).flatMap((key) => {
        const name = cluster[key];
        return offenceIf(!isDomain(name) || !name.includes("."), key, `"${name}"`);
      }),
  },
  {
    id: "name.machine",
    severity: "error",
    sentence: "a machine's name is one DNS label, and its whole name has at most 253 letters",
    cure: "name it like w1; the domain is added",
    check: (cluster) =>
      eachNode(cluster, "name", (node) => {
        const isGood = isLabel(node.name) && fullName(cluster, node).length <= 253;
        return isGood ? undefined : `"${node.name}"`;
      }),
  },
  {
    id: "name.service-taken",
    severity: "error",
    sentence: "the names of API and console differ from each other and from every machine's",
    cure: "set apiName or consoleName to a name of its own",
    check: (cluster) => {
      const taken = new Map(cluster.nodes.map((node) => [fullName(cluster, node), node.name]));
      const services = (["apiName", "consoleName"] as const).flatMap((key) => {
        const node = taken.get(cluster[key]);
        return offenceIf(node !== undefined, key, `${cluster[key]} is the machine ${node}`);
      });
      const isOne = cluster.apiName === cluster.consoleName;
      return [...services, ...offenceIf(isOne, "consoleName", `both are ${cluster.apiName}`)];
    },
  },
];

/** Looks at each machine; `path` is the key that an offence stands at. */
export function eachNode(
  { nodes }: Cluster,
  path: string,
  look: (node: Cluster["nodes"][number]) => string | undefined,
): readonly Offence[] {
  const counts = { controller: 0, worker: 0, infra: 0 };
  return nodes.flatMap((node) => {
    const at = counts[node.role]++;
    const what = look(node);
    if (what === undefined) return [];
    return [{ path: `${SectionOf[node.role]}.${at}.${path}`, what }];
  });
}

function isLabel(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}

function isDomain(text: string): boolean {
  return text.length <= 253 && text.split(".").every(isLabel);
}
