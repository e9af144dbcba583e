import type { MacAddress } from "../wire/mac.ts";
import { type Architecture, type FirmwareKind, pickArchitecture } from "./firmware.ts";
import type { MachineIdentity } from "./machine.ts";

/** What a machine's firmware shows of itself, as far as quirks are told by it. */
export type FirmwareTraits = {
  readonly mac?: MacAddress | undefined;
  /** Option 60; firmware writes its architecture and UNDI version into it. */
  readonly vendorClass: string;
  /** The 16 octets of the SMBIOS UUID as Latin-1: makers begin it with their name. */
  readonly uuidText?: string | undefined;
  readonly archCodes: readonly number[];
};

/** What is done otherwise for a machine, and which part of Kindling does it. */
export const QuirkEffects = {
  "no-option-60": "DHCP: in full mode the reply is not marked PXEClient, and holds no option 43",
  "form-b-first": "DHCP: a proxy offer sends this UEFI to port 4011 first, and names the file next",
  "form-a-only": "DHCP: a proxy offer always names the file",
  "raspberry-pi-menu": "DHCP: the reply holds the menu text that the Pi's boot ROM looks for",
  "provisional-offer": "DHCP: an offer is held for 10 min, as the ROM uses it without a REQUEST",
  "no-client-id-echo": "DHCP: option 61 is not sent back",
  "exit-code-1": "scripts: iPXE ends with exit 1, as after 0 this firmware enters its setup",
} as const;
export type QuirkEffect = keyof typeof QuirkEffects;

/** The effects that an operator may force or forbid, which are those that DHCP applies. */
export const DhcpEffects = [
  "no-option-60",
  "form-b-first",
  "form-a-only",
  "raspberry-pi-menu",
  "provisional-offer",
  "no-client-id-echo",
] as const satisfies readonly QuirkEffect[];
type DhcpEffect = (typeof DhcpEffects)[number];

/** All members that are given must fit. */
type QuirkMatch = {
  readonly ouis?: readonly string[];
  /** Beginning of option 60. */
  readonly vendorClass?: string;
  /** Beginning of the UUID's octets. */
  readonly uuidText?: string;
  readonly archCode?: number;
  readonly firmware?: FirmwareKind;
};

/** One kind of firmware that needs something of its own. */
export type Quirk = {
  readonly name: string;
  /** One of these tells it; none: nothing in its messages does, and only an operator can. */
  readonly match: readonly QuirkMatch[];
  readonly effects: readonly QuirkEffect[];
  readonly sentence: string;
  /** Where it was reported: repository#number, or the source that was read. */
  readonly source: string;
};

const raspberryPiClass = "PXEClient:Arch:00000:UNDI:002001";

/** Every quirk that is known, as rows; docs/firmware.md tells them at length. */
export const Quirks: readonly Quirk[] = [
  {
    name: "raspberry-pi",
    // A Pi says 93 = 0, an x86 BIOS; its maker's address or the "RPi" of its UUID tells.
    match: [
      { archCode: 0x29 },
      { vendorClass: raspberryPiClass, uuidText: "RPi" },
      {
        vendorClass: raspberryPiClass,
        ouis: [
          ...["28:cd:c1", "2c:cf:67", "88:a2:9e", "b8:27:eb"],
          ...["d8:3a:dd", "dc:a6:32", "e4:5f:01"],
        ],
      },
    ],
    effects: ["raspberry-pi-menu", "provisional-offer"],
    sentence: "a Raspberry Pi's boot ROM looks for a menu text and uses an offer without a REQUEST",
    source: "tinkerbell/smee#23, raspberrypi/firmware#1067 #1303 #1699",
  },
  {
    name: "u-boot",
    match: [
      { vendorClass: "U-Boot" },
      ...[0x15, 0x16, 0x17, 0x18].map((archCode) => ({ archCode })),
    ],
    effects: ["form-a-only"],
    sentence: "U-Boot reads siaddr and file of a proxy offer and never asks port 4011",
    source: "siderolabs/booter#11, u-boot net/bootp.c",
  },
  {
    name: "dell-efi",
    match: [{ uuidText: "DELL", firmware: "efi" }],
    effects: ["exit-code-1"],
    sentence: "UEFI of Dell servers enters its setup when iPXE exits with 0",
    source: "netbootxyz/netboot.xyz#1276, tinkerbell/tinkerbell#984",
  },
  {
    name: "ampere-emag",
    match: [],
    effects: ["no-option-60"],
    sentence: "Ampere eMAG ignores the file of a reply that is marked PXEClient",
    source: "tinkerbell/smee#225 #228",
  },
  {
    name: "boot-server-only",
    match: [],
    effects: ["form-b-first"],
    sentence: "some shipped UEFI takes its file from port 4011 only",
    source: "danderson/netboot pixiecore/README.booting.md, dnsmasq 2.76",
  },
  {
    name: "no-rfc-6842",
    match: [],
    effects: ["no-client-id-echo"],
    sentence: "clients older than RFC 6842 drop a reply with option 61",
    source: "Kea's setting echo-client-id",
  },
];

/** What an operator says of one machine: `forbid` is stronger than `force` and than the table. */
export type QuirkOverride = {
  readonly force: readonly DhcpEffect[];
  readonly forbid: readonly DhcpEffect[];
};

/** What holds for one machine. `names` are rows of the table, or `dhcp.quirks`. */
export type AppliedQuirks = {
  readonly names: readonly string[];
  readonly effects: ReadonlySet<QuirkEffect>;
  readonly sentences: readonly string[];
};

/** What this firmware needs, by the table and by what an operator says of the machine. */
export function quirksOf(traits: FirmwareTraits, override?: QuirkOverride): AppliedQuirks {
  const forbidden: ReadonlySet<QuirkEffect> = new Set(override?.forbid);
  const allowed = (effect: QuirkEffect) => !forbidden.has(effect);
  const rows = Quirks.filter(
    ({ match, effects }) => effects.some(allowed) && match.some((one) => fits(one, traits)),
  );
  const forced = (override?.force ?? []).filter(allowed);
  const effects = [...rows.flatMap((row) => row.effects), ...forced].filter(allowed);
  const names = rows.map(({ name }) => name);
  const sentences = rows.map(({ sentence }) => sentence);
  if (forced.length === 0) return { names, sentences, effects: new Set(effects) };
  return {
    names: [...names, "dhcp.quirks"],
    sentences: [...sentences, `dhcp.quirks forces ${forced.join(", ")}`],
    effects: new Set(effects),
  };
}

/** True when the table's row of that name tells this firmware. */
export function isQuirk(name: string, traits: FirmwareTraits): boolean {
  const row = Quirks.find((quirk) => quirk.name === name);
  return row?.match.some((one) => fits(one, traits)) ?? false;
}

/** What a machine known by its query shows: for the parts that see no DHCP options. */
export function traitsOfMachine({ mac, uuid, arch }: MachineIdentity): FirmwareTraits {
  const hex = uuid?.replaceAll("-", "") ?? "";
  // The first field is little endian in SMBIOS, and a maker's name stands in that order.
  const octets = Buffer.from(hex, "hex");
  const uuidText = Buffer.concat([octets.subarray(0, 4).reverse(), octets.subarray(4)]);
  return {
    mac,
    vendorClass: "",
    archCodes: arch ? [arch.code] : [],
    ...(uuid && { uuidText: uuidText.toString("latin1") }),
  };
}

function fits(match: QuirkMatch, traits: FirmwareTraits): boolean {
  const { mac, vendorClass, uuidText, archCodes } = traits;
  const arch: Architecture | undefined = pickArchitecture(archCodes);
  return (
    (match.ouis?.some((oui) => mac?.startsWith(oui) === true) ?? true) &&
    (match.vendorClass === undefined || vendorClass.startsWith(match.vendorClass)) &&
    (match.uuidText === undefined || uuidText?.startsWith(match.uuidText) === true) &&
    (match.archCode === undefined || archCodes.includes(match.archCode)) &&
    (match.firmware === undefined || arch?.firmware === match.firmware)
  );
}
