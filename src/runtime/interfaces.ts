import { existsSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { KindlingError } from "../errors.ts";
import { type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import { type Subnet, subnetOf } from "../wire/subnet.ts";

/** A device that is served, with its first IPv4 address: the server's identity on that link. */
export type ServedInterface = {
  readonly device: string;
  readonly address: Ipv4Address;
  readonly subnet: Subnet;
  /** The largest IP packet of the link; absent where sysfs does not tell. */
  readonly mtu?: number;
};

/** Looks the named devices up. Fails with `interface.missing` or `interface.no-address`, naming the cure. */
export function findInterfaces(devices: readonly string[]): readonly ServedInterface[] {
  const present = networkInterfaces();
  return devices.map((device) => {
    const found = present[device]?.find((entry) => entry.family === "IPv4");
    if (found !== undefined) {
      const address = parseIpv4(found.address);
      const subnet = subnetOf(address, Number(found.cidr?.split("/")[1] ?? 32));
      const mtu = readMtu(device);
      return { device, address, subnet, ...(mtu !== undefined && { mtu }) };
    }
    if (existsSync(`/sys/class/net/${device}`) || present[device] !== undefined) {
      throw new KindlingError(
        "interface.no-address",
        `${device} has no IPv4 address; give it one: ip addr add 10.77.0.1/24 dev ${device} && ip link set ${device} up`,
        { device },
      );
    }
    const others = Object.keys(present).filter((name) => name !== "lo");
    throw new KindlingError(
      "interface.missing",
      `there is no interface ${device}; this host has ${others.join(", ") || "none that is up"}`,
      { device, others },
    );
  });
}

function readMtu(device: string): number | undefined {
  try {
    const mtu = Number(readFileSync(`/sys/class/net/${device}/mtu`, "utf8"));
    return Number.isInteger(mtu) && mtu > 0 ? mtu : undefined;
  } catch {
    return undefined; // no sysfs, as in some containers
  }
}
