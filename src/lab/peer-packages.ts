import { join } from "node:path";
import { execa } from "execa";
import { KindlingError } from "../errors.ts";
import type { Say } from "./guest-files.ts";
import { exists, openCached, unpackPackages } from "./package-cache.ts";

const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
const triplet = `${machine}-linux-gnu`;

/**
 * Programs to be measured and tested beside, taken out of Debian's packages without installing them:
 * as installed packages most of these would start a service on the host at once.
 */
const Peers = {
  bind: { packages: ["bind9"], proof: "usr/sbin/named" },
  busybox: { packages: ["busybox-static"], proof: "bin/busybox" },
  cni: { packages: ["containernetworking-plugins"], proof: "usr/lib/cni/bridge" },
  containerd: { packages: ["containerd"], proof: "usr/bin/containerd" },
  dhcpcd: { packages: ["dhcpcd-base"], proof: "usr/sbin/dhcpcd" },
  dhcping: { packages: ["dhcping"], proof: "usr/sbin/dhcping" },
  dhcpd: { packages: ["isc-dhcp-server"], proof: "usr/sbin/dhcpd" },
  dhcrelay: { packages: ["isc-dhcp-relay"], proof: "usr/sbin/dhcrelay" },
  dnsperf: { packages: ["dnsperf"], proof: "usr/bin/dnsperf" },
  drill: { packages: ["ldnsutils"], proof: "usr/bin/drill" },
  etcd: { packages: ["etcd-server", "etcd-client"], proof: "usr/bin/etcd" },
  faketime: { packages: ["libfaketime"], proof: `usr/lib/${triplet}/faketime/libfaketime.so.1` },
  kdig: { packages: ["knot-dnsutils"], proof: "usr/bin/kdig" },
  kea: { packages: ["kea-dhcp4-server", "kea-admin"], proof: "usr/sbin/kea-dhcp4" },
  knot: { packages: ["knot"], proof: "usr/sbin/knotd" },
  kubectl: { packages: ["kubernetes-client"], proof: "usr/bin/kubectl" },
  musl: { packages: ["musl-dev"], proof: `usr/lib/${machine}-linux-musl/libc.a` },
  nginx: { packages: ["nginx-light"], proof: "usr/sbin/nginx" },
  skopeo: { packages: ["skopeo"], proof: "usr/bin/skopeo" },
  tftpd: { packages: ["tftpd-hpa"], proof: "usr/sbin/in.tftpd" },
  wrk: { packages: ["wrk"], proof: "usr/bin/wrk" },
} as const satisfies Record<string, { packages: readonly string[]; proof: string }>;

export type PeerName = keyof typeof Peers;

// proven: the keys of the table above
export const peerNames = Object.keys(Peers) as readonly PeerName[];

/** An unpacked program: its tree, and the environment that lets it find its libraries there. */
export type Peer = {
  readonly root: string;
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
};

/**
 * The peer's tree in the cache, downloaded on first use; needs apt's lists, and inside a sandbox that it
 * was opened before. Throws `lab.missing-tool` where the packages have no such program.
 */
export async function openPeer(cache: string, name: PeerName, say: Say = () => {}): Promise<Peer> {
  const { packages, proof } = Peers[name];
  const folder = await openCached(cache, {
    name: `peer-${packages.join("-")}`, // which packages is all that decides what comes out
    sources: [],
    async make(work, done) {
      const names = [...new Set([...packages, ...(await missingDepends(packages))])];
      say(
        `downloading ${name} (${names.length} Debian packages), to test beside; none is installed`,
      );
      const tree = await unpackPackages(names, work);
      if (!(await exists(join(tree, proof)))) {
        const message = `want ${proof} in ${names.join(", ")}: this Debian packs it differently`;
        throw new KindlingError("lab.missing-tool", message, { name });
      }
      await execa("mv", [tree, join(done, "tree")]);
    },
  });
  const root = join(folder, "tree");
  return { root, program: join(root, proof), env: { LD_LIBRARY_PATH: libraryPath(root) } };
}

/** What apt would have to install besides, by its own plan; what is there already is found by itself. */
async function missingDepends(packages: readonly string[]): Promise<readonly string[]> {
  const words = ["-s", "-q", "install", "--no-install-recommends", ...packages];
  const { stdout } = await execa("apt-get", words, { reject: false });
  return parseInstalls(stdout ?? "");
}

/** The packages of the `Inst NAME (…` lines of an `apt-get --simulate`. */
export function parseInstalls(text: string): readonly string[] {
  return [...text.matchAll(/^Inst (\S+)/gm)].map(({ 1: name = "" }) => name);
}

function libraryPath(root: string): string {
  return [`usr/lib/${triplet}`, `lib/${triplet}`, "usr/lib"].map((at) => join(root, at)).join(":");
}
