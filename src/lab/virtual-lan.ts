import { execa } from "execa";

/** A bridge with hosts on it, each host a network namespace whose `eth0` hangs on the bridge. */
export type VirtualLan = AsyncDisposable & {
  readonly bridge: string;
  /**
   * Makes a namespace called `host`; `address` is CIDR text, or none for a client that asks for one.
   * An IPv6 address, too, is there at once, without the kernel's check for a double.
   */
  addHost(host: string, address?: string, address6?: string): Promise<void>;
  /** Makes a tap on the bridge for a machine and returns its device name. */
  addTap(): Promise<string>;
};

/** The command that runs `argv` on a host of the LAN. */
export function onHost(host: string, argv: readonly string[]): readonly string[] {
  return ["ip", "netns", "exec", host, ...argv];
}

/** Opens a LAN with nobody on it. Only inside a sandbox: names and devices are not unique elsewhere. */
export async function openVirtualLan(bridge = "br0"): Promise<VirtualLan> {
  const hosts: string[] = [];
  const taps: string[] = [];
  // Snooping would drop multicast that no querier asked for; STP would hold a port silent for 30 s.
  await ip(`link add ${bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`);
  await ip(`link set ${bridge} up`);
  return {
    bridge,
    async addHost(host, address, address6) {
      await ip(`netns add ${host}`);
      hosts.push(host);
      await ip(`link add v-${host} type veth peer name eth0 netns ${host}`);
      await ip(`link set v-${host} master ${bridge} up`);
      await ip(`-n ${host} link set lo up`);
      if (address !== undefined) await ip(`-n ${host} addr add ${address} brd + dev eth0`);
      if (address6 !== undefined) await ip(`-n ${host} addr add ${address6} dev eth0 nodad`);
      await ip(`-n ${host} link set eth0 up`);
    },
    async addTap() {
      const tap = `${bridge}-tap${taps.length}`;
      taps.push(tap); // before the wait: machines are plugged in at the same time
      await ip(`tuntap add ${tap} mode tap`);
      await ip(`link set ${tap} master ${bridge} up`);
      return tap;
    },
    async [Symbol.asyncDispose]() {
      for (const host of hosts) {
        // First the cable: a namespace goes away in its own time, and its name is wanted again.
        await ip(`link del v-${host}`);
        await ip(`netns del ${host}`);
      }
      for (const tap of taps) await ip(`link del ${tap}`);
      await ip(`link del ${bridge}`);
    },
  };
}

/** Runs ip(8) with these words. */
export async function ip(words: string): Promise<void> {
  await execa("ip", words.split(" "));
}
