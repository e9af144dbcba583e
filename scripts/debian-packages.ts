/** A Debian package, what it is for, and a file that proves that it is there. */
export type DebianPackage = {
  readonly name: string;
  readonly purpose: string;
  readonly proof: string;
  readonly needs: readonly Need[];
};

export type Task = "start" | "test" | "interop" | "qemu" | "deep" | "bench" | "storm";

/** A task, or a capture of the lab's LAN. */
export type Need = Task | "capture";

const lab: readonly Need[] = ["start", "test", "qemu", "bench", "storm", "deep"];
const peers: readonly Need[] = ["test", "qemu", "interop", "bench", "storm"];
const clients: readonly Need[] = ["test", "interop"];
const daemons: readonly Need[] = ["interop", "deep"];

/** Everything outside npm that a task uses. */
export const DebianPackages: readonly DebianPackage[] = [
  row("qemu-system-x86", "virtual machines", "/usr/bin/qemu-system-x86_64", lab),
  row("qemu-system-arm", "an arm64 machine", "/usr/bin/qemu-system-aarch64", ["qemu"]),
  row("ipxe-qemu", "iPXE in a network card's ROM", "/usr/lib/ipxe/qemu/pxe-virtio.rom", lab),
  row("ipxe", "boot loaders to serve", "/usr/lib/ipxe/snponly.efi", [...lab, ...daemons]),
  row("ovmf", "UEFI firmware", "/usr/share/OVMF/OVMF_CODE_4M.fd", lab),
  row("iproute2", "virtual LAN", "/usr/sbin/ip", [...lab, ...daemons, "bench"]),
  row("tcpdump", "captures", "/usr/bin/tcpdump", [...peers, "capture"]),
  row("dnsmasq-base", "a foreign DHCP server", "/usr/sbin/dnsmasq", peers),
  // Not nginx: Debian's package starts a web server on the host as soon as it is installed.
  row("busybox", "a static web server to compare with", "/bin/busybox", ["bench"]),
  row("isc-dhcp-client", "a DHCP client", "/sbin/dhclient", clients),
  row("udhcpc", "a DHCP client", "/usr/sbin/udhcpc", [...clients, "deep"]),
  row("tftp-hpa", "a TFTP client", "/usr/bin/tftp", clients),
  row("atftp", "a TFTP client", "/usr/bin/atftp", clients),
  row("netbase", "names of ports, which atftp looks up", "/etc/services", clients),
  row("bind9-dnsutils", "dig", "/usr/bin/dig", [...clients, "deep"]),
  row("curl", "an HTTP and TFTP client", "/usr/bin/curl", [...clients, "deep"]),
  row("nftables", "packet loss on purpose", "/usr/sbin/nft", ["test", "qemu", "interop"]),
  row(
    "python3-grpcio",
    "a gRPC client",
    "/usr/lib/python3/dist-packages/grpc/__init__.py",
    clients,
  ),
  row(
    "python3-protobuf",
    "its messages",
    "/usr/lib/python3/dist-packages/google/protobuf",
    clients,
  ),
  row("gnupg", "a reader of signatures", "/usr/bin/gpg", ["test"]),
  row("zstd", "a reader of bundles", "/usr/bin/zstd", ["test"]),
  row("libarchive-tools", "a reader of bundles", "/usr/bin/bsdtar", ["test"]),
  row("xorriso", "a maker of ISO images", "/usr/bin/xorriso", ["test", "deep"]),
  row("genisoimage", "a maker and a reader of ISO images", "/usr/bin/isoinfo", ["test"]),
  row("openssl", "a reader of certificates", "/usr/bin/openssl", clients),
  row("protobuf-compiler", "messages for gRPC clients", "/usr/bin/protoc", clients),
  row("golang-go", "a gRPC client", "/usr/bin/go", clients),
  row(
    "golang-google-grpc-dev",
    "its library",
    "/usr/share/gocode/src/google.golang.org/grpc",
    clients,
  ),
];

function row(name: string, purpose: string, proof: string, needs: readonly Need[]): DebianPackage {
  return { name, purpose, proof, needs };
}

/** The packages of these needs whose proof `exists` does not find. */
export function missingPackages(
  needs: readonly Need[],
  exists: (path: string) => boolean,
): readonly DebianPackage[] {
  return DebianPackages.filter(
    (one) => needs.some((need) => one.needs.includes(need)) && !exists(one.proof),
  );
}
