import { WireError } from "../errors.ts";
import { type MacAddress, macFromBytes } from "../wire/mac.ts";
import { type Uuid, uuidToBytes } from "../wire/uuid.ts";

/** RFC 8415 §11: identifiers of clients and servers, and what they are made from. */
const DuidType = { linkLayerTime: 1, linkLayer: 3, uuid: 4 } as const;
const ethernet = 1;

/** §11.1: two octets of type and up to 128 more. */
const duidLimit = 130;

//  1 │ hardware u16 │ time u32 │ address      DUID-LLT
//  3 │ hardware u16 │ address                 DUID-LL
//  4 │ UUID 16                                DUID-UUID (RFC 6355)
/** Throws `WireError` for what is no identifier by its length. */
export function checkDuid(value: Uint8Array, field: string): Uint8Array {
  if (value.length >= 3 && value.length <= duidLimit) return value;
  throw new WireError(
    "wire.invalid",
    `${field} wants 3 to ${duidLimit} bytes, got ${value.length}`,
    {
      field,
      got: value.length,
    },
  );
}

/** The Ethernet address an identifier was made from, which may be of another card than the one that asks. */
export function macOfDuid(duid: Uint8Array): MacAddress | undefined {
  const type = ((duid[0] ?? 0) << 8) | (duid[1] ?? 0);
  const hardware = ((duid[2] ?? 0) << 8) | (duid[3] ?? 0);
  const start = type === DuidType.linkLayer ? 4 : type === DuidType.linkLayerTime ? 8 : undefined;
  if (start === undefined || hardware !== ethernet || duid.length !== start + 6) return undefined;
  return macFromBytes(duid.subarray(start));
}

/** The identifier of a server that keeps this UUID. */
export function formDuid(uuid: Uuid): Uint8Array {
  return Buffer.concat([Buffer.of(0, DuidType.uuid), uuidToBytes(uuid)]);
}
