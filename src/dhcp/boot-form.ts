import { type AppliedQuirks, quirksOf } from "../boot/quirks.ts";
import type { BootMenu } from "./boot-menu.ts";
import type { DhcpClient } from "./pxe.ts";
import type { DhcpSettings } from "./settings.ts";

/**
 * How a client learns its boot file. `direct` (A): here, with PXE 2.1's discovery control "take the
 * file named". `ask-4011` (B): option 60 alone, after which UEFI asks the boot server on 4011; there
 * are ROMs that accept only this one. `raspberry-pi` (C): the text that the Pi's ROM looks for, and
 * no file. `unmarked`: the file, and no word of PXE. `menu`: what the firmware is to show.
 */
export type BootForm =
  | { readonly kind: "direct" | "ask-4011" | "raspberry-pi" | "unmarked" }
  | { readonly kind: "menu"; readonly menu: BootMenu };

const nothingOdd: AppliedQuirks = { names: [], effects: new Set(), sentences: [] };

/** The quirks of the firmware that asks; iPXE and systems on the same machine have none. */
export function clientQuirks(
  client: DhcpClient,
  { quirks }: Pick<DhcpSettings, "quirks">,
): AppliedQuirks {
  if (client.stage.kind !== "firmware") return nothingOdd;
  const { mac } = client.identity;
  return quirksOf(client.traits, mac && quirks.get(mac));
}

/** The form of a full server's answer, whose client needs to be told nothing twice. */
export function fullForm(
  client: DhcpClient,
  settings: Pick<DhcpSettings, "quirks" | "menu">,
): BootForm {
  const { effects } = clientQuirks(client, settings);
  if (effects.has("no-option-60")) return { kind: "unmarked" };
  return fixedForm(client, settings) ?? { kind: "direct" };
}

/** The form that is not a matter of trial: a Pi's, and the menu where one is set. */
export function fixedForm(
  client: DhcpClient,
  settings: Pick<DhcpSettings, "quirks" | "menu">,
): BootForm | undefined {
  const { menu } = settings;
  if (clientQuirks(client, settings).effects.has("raspberry-pi-menu")) {
    return { kind: "raspberry-pi" };
  }
  // iPXE would take up the menu too and load itself out of it for ever (ipxe/ipxe#908).
  return menu !== undefined && client.clientClass === "pxe" ? { kind: "menu", menu } : undefined;
}
