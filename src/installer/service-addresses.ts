import { addToIpv4, formatIpv4 } from "../wire/ipv4.ts";
import type { Cluster } from "./cluster.ts";

/** The domain of services; programs of others have it written into them. */
export const clusterDomain = "cluster.local";

/** The address of the service `kubernetes`: the first, as the API server takes it. */
export function apiServiceAddress({ serviceCidr }: Cluster): string {
  return formatIpv4(addToIpv4(serviceCidr.network, 1));
}

/** The address that the cluster's DNS service has to have: the tenth, by convention. */
export function dnsServiceAddress({ serviceCidr }: Cluster): string {
  return formatIpv4(addToIpv4(serviceCidr.network, 10));
}

/** Where people and workers reach the API. */
export function apiUrl({ apiName, apiPort }: Pick<Cluster, "apiName" | "apiPort">): string {
  return `https://${apiName}${apiPort === 443 ? "" : `:${apiPort}`}`;
}
