import type { Dhcp6Context } from "../../src/dhcp6/decide.ts";
import type { Dhcp6Settings, Dhcp6Site } from "../../src/dhcp6/settings.ts";
import { parseIpv6, prefixOf } from "../../src/wire/ipv6.ts";
import { serverId6 } from "./dhcp6-message.ts";

const server = parseIpv6("fd77::1");

export const site6: Dhcp6Site = {
  server,
  prefix: prefixOf(server, 64),
  mode: "stateful",
  httpPort: 8080,
};

export const settings6: Dhcp6Settings = {
  dns: [],
  leaseSeconds: 43_200,
  bootLeaseSeconds: 300,
  disabled: new Set(),
};

export function context6(parts: Partial<Dhcp6Context> = {}): Dhcp6Context {
  const serverId = Buffer.from(serverId6, "hex");
  return { site: site6, settings: settings6, serverId, declines: 0, ...parts };
}
