import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../../src/installer/cluster.ts";
import { parseCluster } from "../../src/installer/cluster-document.ts";
import { authoritiesOf, planCertificates } from "../../src/installer/pki-plan.ts";
import type { ClusterSecrets } from "../../src/installer/secrets.ts";
import type { ClusterSurroundings, LibraryImage } from "../../src/installer/surroundings.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";

const folder = join(import.meta.dirname, "../installer/clusters");

/** The descriptions that tests render: the smallest, one of many parts, one that leans on others. */
export const ClusterNames = ["smallest", "ha", "external"] as const;
export type ClusterName = (typeof ClusterNames)[number];

export function clusterText(name: ClusterName): string {
  return readFileSync(join(folder, `${name}.yaml`), "utf8");
}

/** A stand-in for a PEM file: what it is called, where its letters would be. */
export function fakePem(label: "CERTIFICATE" | "PRIVATE KEY" | "PUBLIC KEY", name: string): string {
  return `-----BEGIN ${label}-----\n${name}\n-----END ${label}-----\n`;
}

/** Files that descriptions name, each with its name inside. */
export function fakeFile(path: string): string | undefined {
  if (path.endsWith(".crt")) return fakePem("CERTIFICATE", `given ${path}`);
  return path.endsWith(".key") ? fakePem("PRIVATE KEY", `given ${path}`) : undefined;
}

/** A description as a cluster; it has to be valid. */
export function readCluster(text: string): Cluster {
  const reading = parseCluster(text, fakeFile);
  if (reading.kind === "valid") return reading.cluster;
  throw new Error(reading.problems.map(({ path, message }) => `${path}: ${message}`).join("\n"));
}

/** The cluster of a folder's file, changed. */
export function clusterOf(name: ClusterName, change: Partial<Cluster> = {}): Cluster {
  return { ...readCluster(clusterText(name)), ...change };
}

// The recipe's own word: `${…}` in it is iPXE's.
const configUrl = `ignition.config.url={origin}/ignition?uuid=\${uuid}&mac=\${mac:hexhyp}`;
const sha = (letter: string) => letter.repeat(64);

const flatcar: LibraryImage = {
  id: { name: "flatcar", version: "4230.2.0", arch: "x86_64" },
  title: "Flatcar Container Linux",
  verified: true,
  tree: "",
  args: ["initrd=main", "flatcar.first_boot=1", configUrl],
  files: [
    { role: "kernel", file: "flatcar_production_pxe.vmlinuz" },
    { role: "initrd", file: "flatcar_production_pxe_image.cpio.gz" },
    { role: "disk", file: "flatcar_production_image.bin.bz2", rawSha256: sha("d") },
  ],
};

const fcos: LibraryImage = {
  id: { name: "fcos", version: "42.20250410.3.1", arch: "x86_64" },
  title: "Fedora CoreOS",
  verified: true,
  tree: "",
  args: [
    "initrd=main",
    "coreos.live.rootfs_url={rootfs}",
    "ignition.firstboot",
    "ignition.platform.id=metal",
    configUrl,
  ],
  files: [
    { role: "kernel", file: "vmlinuz" },
    { role: "initrd", file: "initramfs.img" },
    { role: "rootfs", file: "rootfs.img" },
  ],
};

const programs = [
  ...["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"],
  ...["kube-proxy", "cni/bridge", "cni/host-local", "cni/loopback", "cni/portmap"],
];

/** A site where the descriptions of the folder are all right. */
export const goodSite: ClusterSurroundings = {
  now: Date.UTC(2026, 10, 30, 12),
  origin: "http://10.77.0.1:8080",
  joinOrigin: "https://10.77.0.1:8443",
  subnets: [
    {
      subnet: parseSubnet("10.77.0.0/24"),
      pools: [{ first: parseIpv4("10.77.0.100"), last: parseIpv4("10.77.0.200") }],
      taken: [parseIpv4("10.77.0.1")],
      reservations: [],
    },
  ],
  images: [flatcar, fcos],
  bundles: [
    {
      version: "v1.36.1",
      arch: "x86_64",
      files: new Map(programs.map((file) => [file, { sha256: sha("b") }])),
    },
  ],
  mirror: { origin: "https://10.77.0.1:5000" },
  zones: ["example.lan", "dc1.example.com"],
  lookups: new Map(),
  authority: {
    kind: "usable",
    notBefore: Date.UTC(2026, 0, 1),
    notAfter: Date.UTC(2036, 0, 1),
  },
};

/** Secrets that tell what they are in place of letters of chance. */
export function fakeSecrets(cluster: Cluster): ClusterSecrets {
  const pair = (name: string) => ({
    cert: fakePem("CERTIFICATE", name),
    key: fakePem("PRIVATE KEY", name),
  });
  const wishes = planCertificates(cluster, goodSite.now);
  return {
    authorities: new Map(
      authoritiesOf(cluster).map((name) => [
        name,
        name === "cluster" && cluster.authority ? cluster.authority : pair(`${name} authority`),
      ]),
    ),
    certificates: new Map(wishes.map(({ key }) => [key, pair(key)])),
    serviceAccount: {
      private: fakePem("PRIVATE KEY", "service accounts"),
      public: fakePem("PUBLIC KEY", "service accounts"),
    },
    bootstrapToken: { id: "abcdef", secret: "0123456789abcdef" },
    joinTokens: new Map(cluster.nodes.map(({ name }) => [name, `one-time-token-of-${name}`])),
  };
}
