import { WireError } from "../errors.ts";

/** A machine's SMBIOS UUID as lower-case 8-4-4-4-12 text. */
export type Uuid = string & { readonly __brand: "Uuid" };

/** Text as SMBIOS tools and iPXE print it, any case; throws `WireError` otherwise. */
export function parseUuid(text: string): Uuid {
  const lower = text.toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(lower)) {
    throw new WireError("wire.invalid", `want a UUID like 4c4c4544-0051-…, got "${text}"`, {
      field: "uuid",
      got: text,
    });
  }
  return lower as Uuid;
}

/**
 * The 16 octets of DHCP option 97 (PXE 2.1 §2.2.1) → text as SMBIOS prints it: the first three
 * fields are little endian on the wire (SMBIOS 2.6 and up), the rest is in order.
 */
export function uuidFromBytes(octets: Uint8Array): Uuid {
  if (octets.length !== 16) {
    throw new WireError("wire.invalid", `a UUID has 16 octets, got ${octets.length}`, {
      field: "uuid",
      want: 16,
      got: octets.length,
    });
  }
  const hex = (from: number, to: number) => Buffer.from(octets.subarray(from, to)).toString("hex");
  const swapped = (from: number, to: number) =>
    Buffer.from(octets.slice(from, to).reverse()).toString("hex");
  const text = [swapped(0, 4), swapped(4, 6), swapped(6, 8), hex(8, 10), hex(10, 16)].join("-");
  return text as Uuid; // proven by construction
}

/** The 16 octets in the order of the text (RFC 4122 §4.1.2). */
export function uuidToBytes(uuid: Uuid): Uint8Array {
  return Buffer.from(uuid.replaceAll("-", ""), "hex");
}

// Boards shipped with the same placeholder: as an identity each would name thousands of machines.
const Placeholders = new Set([
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "03000200-0400-0500-0006-000700080009",
  "00020003-0004-0005-0006-000700080009",
]);

/** False for placeholders that many boards share. */
export function isUsableUuid(uuid: Uuid): boolean {
  return !Placeholders.has(uuid);
}
