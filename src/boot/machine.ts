import type { Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Uuid } from "../wire/uuid.ts";
import type { Architecture } from "./firmware.ts";

/**
 * Everything known of the machine that asks. Built once at a protocol's edge (`identifyDhcp`,
 * `identifyQuery`); past that door nobody looks at raw options or query strings. An absent member is
 * unknown, never empty.
 */
export type MachineIdentity = {
  readonly mac?: MacAddress;
  readonly uuid?: Uuid;
  readonly serial?: string;
  readonly hostname?: string;
  readonly arch?: Architecture;
  readonly address?: Ipv4Address;
  /** The labels group selectors match, as the machine sent them; `mac` in canonical form. */
  readonly labels: Readonly<Record<string, string>>;
};

/** The program that runs in the machine now, which decides what it can load next. */
export type BootStage =
  | { readonly kind: "firmware"; readonly client: "pxe" | "http" }
  | { readonly kind: "ipxe"; readonly features: IpxeFeatures; readonly nic?: PciId }
  | { readonly kind: "operating-system" };

/** A card on the PCI bus as `vendor:device`, both four lower-case hexadecimal digits. */
export type PciId = `${string}:${string}`;

/** What an iPXE build can do, from option 175 (`features.h`); all false when it said nothing. */
export type IpxeFeatures = {
  readonly http: boolean;
  readonly https: boolean;
  readonly bzimage: boolean;
  readonly efi: boolean;
};
