import { type Architecture, architectureOf, pickArchitecture } from "../boot/firmware.ts";
import type { BootStage } from "../boot/machine.ts";
import { type Ipv6Address, macOfLinkLocal } from "../wire/ipv6.ts";
import { type MacAddress, macFromBytes } from "../wire/mac.ts";
import { macOfDuid } from "./duid.ts";
import { findOption, OptionCode6, readStrings } from "./options.ts";
import type { Dhcp6Packet } from "./packet.ts";

/** What one DHCPv6 message says of the machine that sent it. */
export type Dhcp6Client = {
  readonly mac?: MacAddress;
  readonly stage: BootStage;
  readonly arch?: Architecture;
};

/** The enterprise whose number network-boot classes carry: Intel, who wrote PXE. */
export const bootEnterprise = 343;

// What UEFI firmware that names no architecture is taken for: the commonest by far.
const assumed = { pxe: 0x07, http: 0x10 } as const;

const ethernet = 1;

/**
 * The one door from raw options to a machine: nobody reads options 15, 16, 61 and 79 past it.
 * `source` is who sent the datagram.
 */
export function identifyDhcp6(packet: Dhcp6Packet, source: Ipv6Address): Dhcp6Client {
  const { options } = packet.message;
  const mac = macOf(packet, source);
  const vendor = classText(findOption(options, OptionCode6.vendorClass));
  const codes = archCodes(findOption(options, OptionCode6.clientArch), vendor);
  const stage = stageOf(packet, vendor, codes);
  const found = pickArchitecture(codes);
  const arch =
    found ?? (stage.kind === "firmware" ? architectureOf(assumed[stage.client]) : undefined);
  return { stage, ...(mac && { mac }), ...(arch && { arch }) };
}

// Firmware and loaders name themselves by UUID. Their link-local address is of the card that asks; an
// identifier made of a MAC may be of another card of the machine, so it comes last.
function macOf({ message, relays }: Dhcp6Packet, source: Ipv6Address): MacAddress | undefined {
  const first = relays.at(-1); // the one that heard the client itself
  const told = first && findOption(first.options, OptionCode6.clientLinkLayer);
  if (told?.length === 8 && told[0] === 0 && told[1] === ethernet) {
    return macFromBytes(told.subarray(2));
  }
  const duid = findOption(message.options, OptionCode6.clientId);
  return macOfLinkLocal(first?.peer ?? source) ?? (duid && macOfDuid(duid));
}

function stageOf(packet: Dhcp6Packet, vendor: string, codes: readonly number[]): BootStage {
  const { options } = packet.message;
  const user = classText(findOption(options, OptionCode6.userClass), 0).toLowerCase();
  // Option 175 is IPv4's: of an iPXE that speaks IPv6 nobody builds one without HTTP.
  const all = { http: true, https: true, bzimage: true, efi: true };
  if (user.includes("ipxe") || user.includes("kindling")) return { kind: "ipxe", features: all };
  const transport = pickArchitecture(codes)?.transport;
  if (vendor.includes("HTTPClient")) return { kind: "firmware", client: "http" };
  if (vendor.includes("PXEClient")) return { kind: "firmware", client: "pxe" };
  return transport === undefined
    ? { kind: "operating-system" }
    : { kind: "firmware", client: transport };
}

// RFC 8415 §21.15, §21.16: texts behind a length each, after the enterprise number of a vendor class.
function classText(value: Uint8Array | undefined, start = 4): string {
  const texts = readStrings(value?.subarray(start) ?? new Uint8Array());
  return texts.map((text) => Buffer.from(text).toString("latin1")).join("\n");
}

// RFC 5970 §3.3, else the number in `PXEClient:Arch:00007:…`, which is decimal.
function archCodes(value: Uint8Array | undefined, vendor: string): readonly number[] {
  if (value === undefined || value.length < 2) {
    const found = /Client:Arch:(\d{5})/.exec(vendor);
    return found === null ? [] : [Number(found[1])];
  }
  const bytes = Buffer.from(value);
  return Array.from({ length: bytes.length >>> 1 }, (_, index) => bytes.readUInt16BE(2 * index));
}
