import type { Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { DhcpRequest } from "./request.ts";
import type { DhcpSite } from "./settings.ts";

/** Why a client's message gets no answer from either server, whatever it asks. */
export type ScreenReason = "bootp" | "relay-loop" | "machine-disabled";

/** The checks that come before any decision; undefined lets the message pass. */
export function screenRequest(
  request: DhcpRequest,
  site: DhcpSite,
  disabled: ReadonlySet<MacAddress>,
): ScreenReason | undefined {
  if (request.bootp) return "bootp";
  if (request.message.giaddr === site.server) return "relay-loop"; // ours, so forged or come round
  const { mac } = request.client.identity;
  const netboot = request.client.stage.kind !== "operating-system";
  return netboot && mac !== undefined && disabled.has(mac) ? "machine-disabled" : undefined;
}

/** True when option 54 names another server: then the message is not for us to answer. */
export function isForAnotherServer(
  request: DhcpRequest,
  site: DhcpSite,
  own: ReadonlySet<Ipv4Address> = new Set(),
): boolean {
  const { serverId, serverOverride } = request;
  if (serverId === undefined || serverId === site.server) return false;
  return serverId !== serverOverride && !own.has(serverId);
}
