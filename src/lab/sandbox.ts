/**
 * The lab: a LAN of namespaces and QEMU machines on this computer, shared by `npm start` and the
 * tests. Everything lives inside one private sandbox, so no address, device or process of the host is
 * touched, and the kernel clears it all away when the sandbox's first process ends.
 */

/** True inside a sandbox that `sandboxCommand` made. */
export function isInSandbox(env: Readonly<Record<string, string | undefined>>): boolean {
  return env["KINDLING_SANDBOX"] === "1";
}

/**
 * The command that runs `argv` inside fresh network, mount and PID namespaces; for a user who is not
 * root inside a fresh user namespace too, where that user keeps its name and has every capability.
 * Appearing as root would be worse: programs that are root try to become somebody else, and fail.
 */
export function sandboxCommand(argv: readonly string[], uid: number): readonly string[] {
  const user = uid === 0 ? [] : ["--user", "--map-current-user", "--keep-caps"];
  const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  return ["unshare", ...user, ...namespaces, "sh", "-c", EnterScript, "sandbox", ...argv];
}

// `ip netns` keeps its names under /run/netns: a private /run makes them ours alone. The shell stays
// as the first process of the PID namespace and reaps, which programs are seldom written to do.
const EnterScript = [
  "mount -t tmpfs tmpfs /run",
  "mkdir /run/netns",
  "ip link set lo up",
  "export KINDLING_SANDBOX=1",
  // Debian gives an ordinary user no sbin, where dnsmasq, nft and the DHCP clients live.
  'export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"',
  '"$@"',
  "exit $?",
].join("\n");
