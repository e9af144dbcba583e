import { z } from "zod";
import { DhcpEffects } from "../boot/quirks.ts";
import { ipv4Value, macValue } from "./values.ts";

// Firmware draws these in its own 8-bit letters.
const menuText = z.string().regex(/^[\x20-\x7e]{1,60}$/);

/** `dhcp.menu`; how long all of it may be is checked where it is formatted. */
export const bootMenu = z.strictObject({
  prompt: menuText.default("Press F8 for the boot menu"),
  timeout: z.int().min(0).max(255).default(10),
  broadcast: z.boolean().default(false),
  items: z
    .array(
      z.strictObject({
        text: menuText,
        boot: z.union([z.enum(["loader", "local"]), ipv4Value]).default("loader"),
      }),
    )
    .min(1)
    .max(8),
});

const effects = z.array(z.enum(DhcpEffects)).default([]);

/** A row of `dhcp.quirks`. */
export const quirkRow = z.strictObject({ mac: macValue, force: effects, forbid: effects });
