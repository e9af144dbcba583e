import { dirname } from "node:path/posix";

/** Debian packs the client alone, but its source package is all of Kubernetes with all that it is made of. */
export const kubernetesSource = {
  package: "kubernetes",
  suite: "bookworm",
  version: "v1.20.2",
} as const;

/** What a cluster's machines run of it. */
export const serverPrograms = [
  "kubelet",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
] as const;

/** Where the tree has to lie below GOPATH, since Go finds it by this path. */
export const importPath = "k8s.io/kubernetes";

/** A file that asks to be described in the API's documents. */
export const schemaMark = "+k8s:openapi-gen=";

/** Folders of the tree whose files may have the mark. */
export const schemaFolders = [
  ...[
    ...["api", "apiextensions-apiserver", "apimachinery", "apiserver", "client-go"],
    ...["cloud-provider", "component-base", "controller-manager", "kube-aggregator"],
    ...["kube-controller-manager", "kube-proxy", "kube-scheduler", "kubelet"],
    ...["legacy-cloud-providers", "metrics"],
  ].map((name) => `vendor/k8s.io/${name}/`),
  ...["cmd/", "pkg/"],
];

/** The program of the tree that writes the file which Debian leaves out, and what it is told. */
export function schemaCommand(files: readonly string[], work: string): readonly string[] {
  const folders = files
    .filter((file) => !file.includes("/generated/"))
    .map((file) => dirname(file));
  const packages = [...new Set(folders)].toSorted().map((folder) => `${importPath}/${folder}`);
  return [
    "--logtostderr",
    ...["-i", packages.join(",")],
    ...["-p", `${importPath}/pkg/generated/openapi`],
    ...["-O", "zz_generated.openapi"],
    ...["-h", "hack/boilerplate/boilerplate.generatego.txt"],
    ...["-r", `${work}/violations`],
    ...["--output-base", `${work}/src`],
  ];
}

// By its path below GOPATH: of a name that Go does not find it says nothing.
const versionPackage = `${importPath}/vendor/k8s.io/component-base/version`;

/** The words of `go` for a program, which knows its version by them and has no symbols. */
export function buildWords(target: string, source: string): readonly string[] {
  const { version } = kubernetesSource;
  const [major = "", minor = ""] = version.slice(1).split(".");
  const facts = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const told = Object.entries(facts).map(([name, value]) => {
    return `-X ${versionPackage}.${name}=${value}`;
  });
  // -trimpath: the same source makes the same bytes, and finds them again in Go's cache, wherever it lies.
  return ["build", "-trimpath", "-ldflags", ["-s", "-w", ...told].join(" "), "-o", target, source];
}
