import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";

/** How often a device's carrier came up since it was made, and its first IPv4 address. */
export function readLinkState(device: string): {
  readonly carrierUps: number | undefined;
  readonly address: Ipv4Address | undefined;
} {
  const found = networkInterfaces()[device]?.find((entry) => entry.family === "IPv4");
  return {
    carrierUps: readCount(`/sys/class/net/${device}/carrier_up_count`),
    address: found && parseIpv4(found.address),
  };
}

function readCount(file: string): number | undefined {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return undefined; // no sysfs here, or no such device: nothing can be told
  }
}
