import { z } from "zod";
import { KeyAlgorithms } from "../pki/certificate-plan.ts";
import { FirewallLevels, PodNetworks } from "./cluster.ts";
import {
  diskValue,
  imageValue,
  ipValue,
  ipv4Value,
  macValue,
  type NamedFiles,
  nameValue,
  oneOrMore,
  portValue,
  subnetValue,
  textOrFile,
  textValue,
  uuidValue,
  wordValue,
} from "./schema-values.ts";

/** More machines than this are no cluster that Kubernetes supports. */
const nodesMax = 5_000;

const node = z.strictObject({
  name: nameValue,
  mac: oneOrMore(macValue).exactOptional(),
  uuid: uuidValue.exactOptional(),
  address: ipv4Value,
  disk: diskValue.prefault("smallest"),
  bmc: z.strictObject({ address: ipValue }).exactOptional(),
});

const nodes = z.array(node).max(nodesMax);

const etcd = (files: NamedFiles) =>
  z.strictObject({
    endpoints: z.array(z.string().min(1)).max(9).default([]),
    authority: textOrFile(files).exactOptional(),
    clientCertificate: textOrFile(files).exactOptional(),
    clientKey: textOrFile(files).exactOptional(),
    program: z.string().startsWith("/").exactOptional(),
  });

const firewall = z.strictObject({
  level: z.enum(FirewallLevels).default("should"),
  userNetworks: z.array(subnetValue).max(100).default([]),
  egress: z.enum(["open", "listed"]).default("open"),
  nodePortIngress: z.boolean().default(false),
  legacy: z.boolean().default(false),
});

/** The shape of `cluster.yaml`; what fits it is judged by the validations. */
export function clusterSchema(files: NamedFiles) {
  return z.strictObject({
    name: nameValue,
    domain: nameValue,
    apiName: nameValue.exactOptional(),
    consoleName: nameValue.exactOptional(),
    apiPort: portValue.default(443),
    vxlanPort: portValue.default(4789),
    podNetwork: z.enum(PodNetworks).default("routes"),
    podCidr: subnetValue.prefault("10.2.0.0/16"),
    serviceCidr: subnetValue.prefault("10.3.0.0/16"),
    controllers: nodes.min(1),
    workers: nodes.default([]),
    infra: nodes.default([]),
    operatingSystem: z.strictObject({
      name: wordValue,
      version: wordValue,
      arch: z.enum(["x86_64", "arm64"]).default("x86_64"),
      install: z.enum(["auto", "staged", "coreos-installer"]).default("auto"),
    }),
    etcd: etcd(files).prefault({}),
    authority: z
      .strictObject({ certificate: textOrFile(files), key: textOrFile(files) })
      .exactOptional(),
    keyAlgorithm: z.enum(KeyAlgorithms).default("ecdsa-p256"),
    sshKeys: z.array(z.string().min(1)).max(100).default([]),
    pullSecret: textOrFile(files).exactOptional(),
    administrator: z
      .strictObject({ name: wordValue.prefault("admin"), email: textValue.exactOptional() })
      .prefault({}),
    kubernetes: z
      .strictObject({
        version: wordValue,
        sandboxImage: imageValue.prefault("registry.k8s.io/pause:3.10"),
      })
      .exactOptional(),
    firewall: firewall.prefault({}),
  });
}

/** The description as it was written, defaults filled in. */
export type ClusterDescription = z.output<ReturnType<typeof clusterSchema>>;
export type NodeDescription = ClusterDescription["controllers"][number];
