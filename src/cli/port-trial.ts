import { once } from "node:events";
import { createServer } from "node:net";
import type { WantedPort } from "../config/ports.ts";
import { KindlingError } from "../errors.ts";
import type { ServedInterface } from "../runtime/interfaces.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { openUdp } from "../runtime/udp.ts";
import type { IpAddress } from "../wire/ip.ts";
import { anyAddress, formatIpv4 } from "../wire/ipv4.ts";
import { anyIpv6 } from "../wire/ipv6.ts";

/**
 * Whether a port cannot be bound as `serve` would. Another program may hold the same number on an
 * interface or address that we do not serve: a resolver on 127.0.0.53, a virtual machine host's DHCP
 * server. Who may not bind at all cannot try, and takes the worst for granted.
 */
export async function isTaken(
  wanted: WantedPort,
  served: readonly ServedInterface[],
): Promise<boolean> {
  const tryOne = wanted.protocol === "tcp" ? isTcpTaken : isUdpTaken;
  for (const link of served) if (await tryOne(wanted, link)) return true;
  return false;
}

const AddressOfUse: Readonly<Record<string, IpAddress>> = { DHCP: anyAddress, DHCPv6: anyIpv6 };

async function isUdpTaken({ use, port }: WantedPort, link: ServedInterface): Promise<boolean> {
  const address: IpAddress = AddressOfUse[use] ?? link.address;
  const isOnDevice = use === "DHCPv6" || use === "DHCP" || use === "ProxyDHCP";
  try {
    await using _bound = await openUdp({
      address,
      port,
      ...(isOnDevice && { device: link.device }),
    });
    return false;
  } catch (error) {
    if (error instanceof KindlingError) return true;
    throw error;
  }
}

async function isTcpTaken({ port }: WantedPort, link: ServedInterface): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ host: formatIpv4(link.address), port }), "listening");
    return false;
  } catch (error) {
    systemErrorCode(error); // anything else is a bug and rises
    return true;
  } finally {
    server.close();
  }
}
