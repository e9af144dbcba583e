import { existsSync } from "node:fs";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { KindlingError } from "../errors.ts";
import { type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import {
  type Ipv6Address,
  type Ipv6Prefix,
  isLinkLocal,
  parseIpv6,
  prefixOf,
} from "../wire/ipv6.ts";
import { type Subnet, subnetOf } from "../wire/subnet.ts";

/** A device that is served, with its first IPv4 address: the server's identity on that link. */
export type ServedInterface = {
  readonly device: string;
  readonly address: Ipv4Address;
  readonly subnet: Subnet;
  /** Its first IPv6 address that is not of this link only, if it has one. */
  readonly ipv6?: ServedIpv6;
};

/** An IPv6 address of this host and the prefix of its link. */
export type ServedIpv6 = { readonly address: Ipv6Address; readonly prefix: Ipv6Prefix };

/** Looks the named devices up. Fails with `interface.missing` or `interface.no-address`, naming the cure. */
export function findInterfaces(devices: readonly string[]): readonly ServedInterface[] {
  const present = networkInterfaces();
  return devices.map((device) => {
    const entries = present[device] ?? [];
    const found = entries.find((entry) => entry.family === "IPv4");
    const ipv6 = findIpv6(entries);
    if (found !== undefined) {
      const address = parseIpv4(found.address);
      return {
        device,
        address,
        subnet: subnetOf(address, Number(found.cidr?.split("/")[1] ?? 32)),
        ...(ipv6 && { ipv6 }),
      };
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

function findIpv6(entries: readonly NetworkInterfaceInfo[]): ServedIpv6 | undefined {
  for (const { family, address: text, cidr } of entries) {
    if (family !== "IPv6") continue;
    const address = parseIpv6(text);
    if (isLinkLocal(address) || address === "::1") continue;
    return { address, prefix: prefixOf(address, Number(cidr?.split("/")[1] ?? 128)) };
  }
  return undefined;
}
