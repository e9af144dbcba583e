import type { Ipv4Address } from "../wire/ipv4.ts";
import { addressBytes } from "./reply.ts";
import { DiscoveryControl, formatDiscovery } from "./vendor-options.ts";

/** A menu that firmware itself shows (PXE 2.1 §2.4), before anything is loaded. */
export type BootMenu = {
  readonly prompt: string;
  /** 0 takes the first item at once, 255 waits for ever. */
  readonly timeout: number;
  /** Let clients look for an item's server by broadcast on port 67 instead of asking ours on 4011. */
  readonly broadcast: boolean;
  readonly items: readonly MenuItem[];
};

/** `loader`: what this machine is given without a menu; `local`: its disk; else a boot server. */
export type MenuItem = { readonly text: string; readonly boot: "loader" | "local" | Ipv4Address };

/**
 * The longest option 43 of a menu: with it a full DHCP answer still keeps 548 bytes, which every
 * client takes.
 */
export const menuBytesMax = 160;

/** PXE 2.1 §2.4, type 0: the firmware leaves network boot and goes on to its next boot entry. */
const localBoot = 0;
/** Types below are assigned by the specification. */
const firstOwnType = 0x8000;

/** The boot server type of an item, by its place in the menu. */
function itemType({ boot }: MenuItem, index: number): number {
  return boot === "local" ? localBoot : firstOwnType + index;
}

/** Option 43 with the menu; `server` is who serves the items that are ours. */
export function formatMenu(menu: BootMenu, server: Ipv4Address): Uint8Array {
  const { noBroadcast, noMulticast, listedServersOnly } = DiscoveryControl;
  const typed = menu.items.map((item, index) => ({ ...item, type: itemType(item, index) }));
  const servers = typed.flatMap(({ boot, type }) => {
    if (boot === "local") return [];
    return [{ type, address: addressBytes(boot === "loader" ? server : boot) }];
  });
  return formatDiscovery({
    control: noMulticast | listedServersOnly | (menu.broadcast ? 0 : noBroadcast),
    servers,
    menu: typed.map(({ type, text }) => ({ type, text })),
    prompt: { seconds: menu.timeout, text: menu.prompt },
  });
}

/**
 * True when an item of that type is ours to serve. Without a menu that is type 0, which some ROMs
 * send of their own accord.
 */
export function isOfferedType(type: number, menu: BootMenu | undefined): boolean {
  if (menu === undefined) return type === 0;
  return menu.items.some((item, index) => item.boot === "loader" && itemType(item, index) === type);
}
