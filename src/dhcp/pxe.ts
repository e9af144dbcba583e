import { type Architecture, architectureOf, pickArchitecture } from "../boot/firmware.ts";
import type { BootStage, IpxeFeatures, MachineIdentity, PciId } from "../boot/machine.ts";
import { type FirmwareTraits, isQuirk } from "../boot/quirks.ts";
import { type MacAddress, macFromBytes } from "../wire/mac.ts";
import { isUsableUuid, uuidFromBytes } from "../wire/uuid.ts";
import { type DhcpOptions, OptionCode, readSubOptions } from "./options.ts";
import type { DhcpMessage } from "./packet.ts";

/** The program that asks, by what it says of itself; the order of `ClassTests` decides. */
type ClientClass =
  | "kindling-ipxe"
  | "http-boot"
  | "ipxe"
  | "gpxe"
  | "raspberry-pi"
  | "u-boot"
  | "pxe"
  | "apple-bsdp"
  | "none";

/** What one DHCP message says of the machine that sent it. */
export type DhcpClient = {
  readonly identity: MachineIdentity;
  readonly stage: BootStage;
  readonly clientClass: ClientClass;
  /** What tells the firmware's quirks. */
  readonly traits: FirmwareTraits;
  readonly arch?: Architecture;
  /** Option 97 as it came, when it is of the one form that may be echoed. */
  readonly uuidOption?: Uint8Array;
  /** Option 60 as text. */
  readonly vendorClass: string;
  /** Option 77 in both readings, lower case. */
  readonly userClasses: readonly string[];
};

/**
 * User class that Kindling's own iPXE builds and scripts set, so that they are never loaded twice.
 */
const kindlingUserClass = "kindling";

/**
 * The one door from raw options to a machine's identity; nobody reads options 60, 77, 93, 97, 175
 * past it.
 */
export function identifyDhcp(message: DhcpMessage): DhcpClient {
  const marks = readMarks(message);
  const clientClass = ClassTests.find(([, test]) => test(marks))?.[0] ?? "none";
  const arch = archOf(clientClass, marks);
  const uuidOption = marks.uuid;
  return {
    identity: identityOf(message, marks, arch),
    stage: stageOf(clientClass, marks.ipxe),
    clientClass,
    vendorClass: marks.vendorClass,
    userClasses: marks.userClasses,
    traits: traitsOf(marks),
    ...(arch && { arch }),
    ...(uuidOption && { uuidOption }),
  };
}

type Marks = {
  readonly mac: MacAddress | undefined;
  readonly vendorClass: string;
  readonly userClasses: readonly string[];
  readonly archCodes: readonly number[];
  readonly uuid: Uint8Array | undefined;
  readonly ipxe: DhcpOptions | undefined;
};

function readMarks(message: DhcpMessage): Marks {
  const { options } = message;
  const vendorClass = text(options.get(OptionCode.vendorClass));
  const ipxe = options.get(OptionCode.ipxe);
  const uuid = options.get(OptionCode.clientUuid);
  return {
    mac: message.hlen === 6 ? macFromBytes(message.chaddr.subarray(0, 6)) : undefined,
    vendorClass,
    userClasses: readUserClasses(options.get(OptionCode.userClass)),
    archCodes: readArchCodes(options.get(OptionCode.clientArch), vendorClass),
    // PXE 2.1 §2.2.1: a type byte 0 and 16 bytes. Anything else is tolerated and not echoed.
    uuid: uuid?.length === 17 && uuid[0] === 0 ? uuid : undefined,
    ipxe: ipxe && readSubOptions(ipxe),
  };
}

/**
 * Option 77 as every sender means it: iPXE sends the raw word, RFC 3004 wants (length, text)
 * tuples. The raw reading always counts; the tuples count too when they fill the option exactly.
 * Lower case.
 */
export function readUserClasses(value: Uint8Array | undefined): readonly string[] {
  if (value === undefined) return [];
  const tuples: string[] = [];
  let at = 0;
  while (at < value.length) {
    const end = at + 1 + (value[at] ?? 0);
    if (end > value.length || end === at + 1) return [text(value).toLowerCase()];
    tuples.push(text(value.subarray(at + 1, end)).toLowerCase());
    at = end;
  }
  return [text(value).toLowerCase(), ...tuples];
}

/**
 * Option 93 as a list (RFC 4578 §2.1); without it the number in `PXEClient:Arch:00007:…`, which is
 * decimal.
 */
export function readArchCodes(value: Uint8Array | undefined, vendorClass: string): number[] {
  if (value === undefined || value.length < 2) {
    const found = /^(?:PXE|HTTP)Client:Arch:(\d{5})(?::|$)/.exec(vendorClass);
    return found === null ? [] : [Number(found[1])];
  }
  const codes: number[] = [];
  for (let at = 0; at + 1 < value.length; at += 2) {
    codes.push(((value[at] ?? 0) << 8) | (value[at + 1] ?? 0));
  }
  return codes;
}

// Sub-options of 175 (iPXE's features.h and dhcp.h).
const IpxeOption = {
  http: 0x13,
  https: 0x14,
  bzimage: 0x18,
  efi: 0x24,
  version: 0xeb,
  busId: 0xb1,
} as const;

const has = (marks: Marks, word: string) =>
  marks.userClasses.some((userClass) => userClass.includes(word));

const ClassTests: readonly (readonly [ClientClass, (marks: Marks) => boolean])[] = [
  ["kindling-ipxe", (marks) => has(marks, kindlingUserClass)],
  ["http-boot", (marks) => marks.vendorClass.startsWith("HTTPClient")],
  // Mellanox FlexBoot is an iPXE that sends no user class: 175 with a version gives it away.
  [
    "ipxe",
    (marks) =>
      has(marks, "ipxe") ||
      marks.ipxe?.has(IpxeOption.version) === true ||
      marks.vendorClass.includes("iPXE"),
  ],
  ["gpxe", (marks) => has(marks, "gpxe") || marks.vendorClass.startsWith("Etherboot")],
  ["raspberry-pi", (marks) => isQuirk("raspberry-pi", traitsOf(marks))],
  ["u-boot", (marks) => isQuirk("u-boot", traitsOf(marks))],
  ["pxe", (marks) => marks.vendorClass.startsWith("PXEClient")],
  // Intel Macs boot by Apple's own protocol over DHCP, and know nothing of PXE.
  ["apple-bsdp", (marks) => marks.vendorClass.startsWith("AAPLBSDPC")],
];

function traitsOf({ mac, vendorClass, archCodes, uuid }: Marks): FirmwareTraits {
  const uuidText = uuid && Buffer.from(uuid.subarray(1)).toString("latin1");
  return { mac, vendorClass, archCodes, uuidText };
}

const raspberryPiCode = 0x29;

function archOf(clientClass: ClientClass, marks: Marks): Architecture | undefined {
  if (clientClass === "raspberry-pi") return architectureOf(raspberryPiCode);
  return pickArchitecture(marks.archCodes);
}

function stageOf(clientClass: ClientClass, ipxe: DhcpOptions | undefined): BootStage {
  switch (clientClass) {
    case "apple-bsdp":
    case "none":
      return { kind: "operating-system" };
    case "kindling-ipxe":
      return { kind: "ipxe", features: AllFeatures, ...nicOf(ipxe) };
    case "ipxe":
      return { kind: "ipxe", features: featuresOf(ipxe), ...nicOf(ipxe) };
    default:
      return { kind: "firmware", client: clientClass === "http-boot" ? "http" : "pxe" };
  }
}

// Ours runs scripts, or its script would not have run to set the class.
const AllFeatures: IpxeFeatures = { http: true, https: true, bzimage: true, efi: true };

function featuresOf(ipxe: DhcpOptions | undefined): IpxeFeatures {
  const on = (code: number) => (ipxe?.get(code)?.[0] ?? 0) !== 0;
  return {
    http: on(IpxeOption.http),
    https: on(IpxeOption.https),
    bzimage: on(IpxeOption.bzimage),
    efi: on(IpxeOption.efi),
  };
}

// Type 1 is PCI; then vendor and device, two bytes each.
function nicOf(ipxe: DhcpOptions | undefined): { nic?: PciId } {
  const hex = Buffer.from(ipxe?.get(IpxeOption.busId) ?? []).toString("hex");
  const [, vendor, device] = /^01(.{4})(.{4})$/.exec(hex) ?? [];
  return vendor && device ? { nic: `${vendor}:${device}` } : {};
}

function identityOf(
  message: DhcpMessage,
  marks: Marks,
  arch: Architecture | undefined,
): MachineIdentity {
  const { mac } = marks;
  const sent = marks.uuid && uuidFromBytes(marks.uuid.subarray(1));
  const uuid = sent !== undefined && isUsableUuid(sent) ? sent : undefined;
  const hostname = hostnameOf(message.options.get(OptionCode.hostName));
  return {
    ...(mac && { mac }),
    ...(uuid && { uuid }),
    ...(hostname && { hostname }),
    ...(arch && { arch }),
    ...(message.ciaddr !== 0 && { address: message.ciaddr }),
    labels: { ...(mac && { mac }), ...(uuid && { uuid }), ...(hostname && { hostname }) },
  };
}

// RFC 1123 §2.1. A name becomes a DNS record, so what is none is as good as absent.
const HostLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function hostnameOf(value: Uint8Array | undefined): string | undefined {
  const name = text(value).toLowerCase();
  const fits = name.length <= 253 && name.split(".").every((label) => HostLabel.test(label));
  return fits ? name : undefined;
}

// Senders differ on whether text in an option carries a NUL.
function text(value: Uint8Array | undefined): string {
  return Buffer.from(value ?? [])
    .toString("latin1")
    .replace(/\0+$/, "");
}
