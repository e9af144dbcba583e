import { hasOwnEtcd } from "../cluster.ts";
import { deviceOf } from "../disk-rule.ts";
import { missingPrograms } from "../programs.ts";
import { bundleOf, imageOf } from "../surroundings.ts";
import { offenceIf, type Validation } from "../validation.ts";
import { eachNode } from "./names.ts";

/** What machines are made of: the operating system's image and the programs of Kubernetes. */
export const imageRows: readonly Validation[] = [
  {
    id: "image.missing",
    severity: "error",
    sentence: "the operating system's image is in the library",
    cure: "import it, or name a version and an architecture that is there",
    check: (cluster, surroundings) => {
      if (surroundings.images === undefined) return "unknown";
      const { name, version, arch } = cluster.operatingSystem;
      const isMissing = imageOf(cluster, surroundings) === undefined;
      return offenceIf(isMissing, "operatingSystem", `${name} ${version} for ${arch}`);
    },
  },
  {
    id: "image.unverified",
    severity: "error",
    sentence: "every check of the image's recipe passed",
    cure: "import it again: what is not verified is installed nowhere",
    check: (cluster, surroundings) => {
      const image = imageOf(cluster, surroundings);
      if (image === undefined) return surroundings.images === undefined ? "unknown" : [];
      return offenceIf(!image.verified, "operatingSystem", image.title);
    },
  },
  {
    id: "image.incomplete",
    severity: "error",
    sentence: "the image can be booted over the network, and be written to a disk",
    cure: "import it with its disk image (role disk), or set operatingSystem.install",
    check: (cluster, surroundings) => {
      const image = imageOf(cluster, surroundings);
      if (image === undefined) return surroundings.images === undefined ? "unknown" : [];
      const has = (role: string) => image.files.some((file) => file.role === role);
      const disk = image.files.find(({ role }) => role === "disk");
      const isStaged = cluster.operatingSystem.install === "staged";
      return [
        ...offenceIf(!has("kernel"), "operatingSystem", "it has no kernel"),
        ...offenceIf(isStaged && !disk, "operatingSystem", "it has no disk image"),
        ...offenceIf(
          isStaged && disk !== undefined && disk.rawSha256 === undefined,
          "operatingSystem",
          "its disk image has no checksum of the unpacked bytes",
        ),
      ];
    },
  },
  {
    id: "image.disk-rule",
    severity: "error",
    sentence: "coreos-installer is told a device",
    cure: "write disk: path:/dev/… or by-id:…, or set operatingSystem.install: staged",
    check: (cluster) => {
      if (cluster.operatingSystem.install === "staged") return [];
      return eachNode(cluster, "disk", ({ disk }) => {
        return deviceOf(disk) === undefined ? disk.kind : undefined;
      });
    },
  },
  {
    id: "bundle.missing",
    severity: "error",
    sentence: "Kubernetes' programs of this version are in the library",
    cure: "import them below assets/k8s, or name a version that is there",
    check: (cluster, surroundings) => {
      const { kubernetes, operatingSystem } = cluster;
      if (kubernetes === undefined) return [];
      if (surroundings.bundles === undefined) return "unknown";
      const isMissing = bundleOf(cluster, surroundings) === undefined;
      const what = `${kubernetes.version} for ${operatingSystem.arch}`;
      return offenceIf(isMissing, "kubernetes.version", what);
    },
  },
  {
    id: "bundle.incomplete",
    severity: "error",
    sentence: "the bundle has every program that the machines run, each with its checksum",
    cure: "import the programs that are named, and write their sha256 into the lock file",
    check: (cluster, surroundings) => {
      const bundle = bundleOf(cluster, surroundings);
      if (bundle === undefined) return surroundings.bundles === undefined ? "unknown" : [];
      const missing = missingPrograms(cluster, bundle);
      return offenceIf(missing.length > 0, "kubernetes.version", missing.join(", "));
    },
  },
  {
    id: "etcd.no-program",
    severity: "error",
    sentence: "etcd on the controllers comes from the bundle or lies in the image",
    cure: "set etcd.program to its path in the image, or kubernetes.version",
    check: ({ etcd, kubernetes }) => {
      const isNone = etcd.kind === "controllers" && etcd.program === undefined;
      return offenceIf(isNone && kubernetes === undefined, "etcd", "neither is given");
    },
  },
  {
    id: "etcd.nothing-to-do",
    severity: "error",
    sentence: "a cluster without Kubernetes has an etcd of its own",
    cure: "set kubernetes.version, or take etcd.endpoints away",
    check: (cluster) => {
      const isNothing = cluster.kubernetes === undefined && !hasOwnEtcd(cluster);
      return offenceIf(isNothing, "etcd", "etcd is elsewhere, and kubernetes is not set");
    },
  },
];
