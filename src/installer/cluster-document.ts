import { collectReports, type Place } from "../render/ignition-tree.ts";
import { readYaml } from "../render/yaml-source.ts";
import type { Cluster, ClusterNode, EtcdPlacement, NodeRole } from "./cluster.ts";
import { type ClusterDescription, clusterSchema, type NodeDescription } from "./cluster-schema.ts";
import { deviceOf } from "./disk-rule.ts";
import { explainIssue, keysAt } from "./schema-issue.ts";
import type { NamedFiles } from "./schema-values.ts";
import { locate, plainValue } from "./source-value.ts";

/** What is wrong with a description, and where: from 1, as editors count. */
export type ClusterProblem = {
  /** `controllers.0.mac`; empty for the whole. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
};

export type ClusterReading =
  | {
      readonly kind: "valid";
      readonly cluster: Cluster;
      /** Where the value of a path stands, or what would hold it. */
      readonly placeOf: (path: string) => Place;
    }
  | { readonly kind: "invalid"; readonly problems: readonly ClusterProblem[] };

/** Reads a description; never throws for what is written in it. Files that it names are asked of `files`. */
export function parseCluster(text: string, files: NamedFiles): ClusterReading {
  const reporter = collectReports();
  const source = readYaml(text, reporter);
  if (source === undefined) {
    return {
      kind: "invalid",
      problems: reporter.reports.map(({ path: _, ...rest }) => problemOf("", rest)),
    };
  }
  const schema = clusterSchema(files);
  const given = plainValue(source);
  const result = schema.safeParse(given);
  const places = (path: readonly PropertyKey[]) => locate(source, path.map(String));
  if (!result.success) {
    const problems = result.error.issues
      .flatMap((issue) => explainIssue(issue, given, (path) => keysAt(schema, path)))
      .map(({ path, message }) => problemOf(path.join("."), { ...places(path), message }));
    return { kind: "invalid", problems };
  }
  const unclear = findUnclear(result.data);
  if (unclear.length > 0) {
    const problems = unclear.map(({ path, message }) => {
      return problemOf(path, { ...places(path.split(".")), message });
    });
    return { kind: "invalid", problems };
  }
  const placeOf = (path: string) => places(path.split("."));
  return { kind: "valid", cluster: clusterOf(result.data), placeOf };
}

/** A problem as a line for people. */
export function formatProblem(file: string, problem: ClusterProblem): string {
  const { path, line, column, message } = problem;
  return `${file}:${line}:${column}: ${path === "" ? "" : `${path}: `}${message}`;
}

function problemOf(
  path: string,
  { line, column, message }: Omit<ClusterProblem, "path">,
): ClusterProblem {
  return { path, line: Math.max(1, line), column: Math.max(1, column), message };
}

type Unclear = { readonly path: string; readonly message: string };

// What no single field says: a machine that nothing tells apart, an etcd of two minds.
function findUnclear(given: ClusterDescription): readonly Unclear[] {
  const sections = ["controllers", "workers", "infra"] as const;
  const nameless = sections.flatMap((section) =>
    given[section].flatMap(({ mac, uuid }, at) => {
      const message = "want mac or uuid: without one the machine cannot be told from others";
      return (mac ?? uuid) === undefined ? [{ path: `${section}.${at}`, message }] : [];
    }),
  );
  const { endpoints, authority, clientCertificate, clientKey, program } = given.etcd;
  const parts = { authority, clientCertificate, clientKey };
  const etcd = Object.entries(parts).flatMap(([key, value]) => {
    if (endpoints.length > 0 && value === undefined) {
      const message = `want ${key}: etcd elsewhere is spoken to over TLS only`;
      return [{ path: `etcd.${key}`, message }];
    }
    if (endpoints.length > 0 || value === undefined) return [];
    const message = "belongs to etcd elsewhere: name its endpoints, or take this away";
    return [{ path: `etcd.${key}`, message }];
  });
  const both = endpoints.length > 0 && program !== undefined;
  const message = "belongs to etcd on the controllers: take this or the endpoints away";
  return [...nameless, ...etcd, ...(both ? [{ path: "etcd.program", message }] : [])];
}

function clusterOf(given: ClusterDescription): Cluster {
  const { apiName, consoleName, authority, controllers, workers, infra, etcd, ...rest } = given;
  const { name, domain, operatingSystem, administrator, pullSecret, kubernetes } = rest;
  const nodes = [
    ...controllers.map(asNode("controller")),
    ...workers.map(asNode("worker")),
    ...infra.map(asNode("infra")),
  ];
  const auto = installerOf(operatingSystem.name, nodes);
  const { install } = operatingSystem;
  return {
    ...rest,
    apiName: apiName ?? `${name}-k8s.${domain}`,
    consoleName: consoleName ?? `${name}.${domain}`,
    nodes,
    operatingSystem: { ...operatingSystem, install: install === "auto" ? auto : install },
    etcd: etcdOf(etcd),
    ...(authority && { authority: { cert: authority.certificate, key: authority.key } }),
    administrator,
    ...(pullSecret !== undefined && { pullSecret }),
    ...(kubernetes && { kubernetes }),
  };
}

// Fedora CoreOS brings an installer in its live image, which wants the disk's name.
function installerOf(image: string, nodes: readonly ClusterNode[]) {
  const isNamed = nodes.every(({ disk }) => deviceOf(disk) !== undefined);
  return image === "fcos" && isNamed ? "coreos-installer" : "staged";
}

function asNode(role: NodeRole): (given: NodeDescription) => ClusterNode {
  return ({ mac, bmc, ...rest }) => ({
    role,
    ...rest,
    macs: mac ?? [],
    ...(bmc && { bmc: bmc.address }),
  });
}

function etcdOf(given: ClusterDescription["etcd"]): EtcdPlacement {
  const { endpoints, authority, clientCertificate: cert, clientKey: key, program } = given;
  if (authority !== undefined && cert !== undefined && key !== undefined) {
    return { kind: "external", endpoints, authority, client: { cert, key } };
  }
  return { kind: "controllers", ...(program !== undefined && { program }) };
}
