import type { Found } from "../../src/dhcp/reservation-import/found.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";

/** One sentence of another server's configuration in a line of text. */
export function tell(found: Found): string {
  if (found.kind === "setting") return `${found.line} ${found.setting}`;
  if (found.kind === "left") return `${found.line} left: ${found.reason}`;
  const { mac, clientId, circuitId, address, hostname = "-" } = found.host;
  const who = [mac, clientId && `id/${clientId}`, circuitId && `port/${circuitId}`];
  const left = found.left.map(({ text, reason }) => ` (${text}: ${reason})`).join("");
  const at = address === undefined ? "-" : formatIpv4(address);
  return `${found.line} ${who.filter(Boolean).join("+")} ${at} ${hostname}${left}`;
}
