import { WireError } from "../../errors.ts";
import { type IsoExtent, isoSector, littleEndian } from "./iso9660.ts";

/** One field of the System Use Sharing Protocol (IEEE P1281), `| signature 2 | length 1 | version 1 | data |`. */
export type SystemUseField = { readonly signature: string; readonly data: Uint8Array };

/** What Rock Ridge (IEEE P1282) says of one record. */
export type RockRidge = {
  readonly name: string | undefined;
  readonly isLink: boolean;
  /** The folder that stands here lies there: it was too deep for ISO 9660. */
  readonly child: number | undefined;
  /** This record is such a folder, and is seen through the other. */
  readonly isRelocated: boolean;
  /** Its bytes are compressed by zisofs. */
  readonly isCompressed: boolean;
};

const NameFlag = { current: 2, parent: 4 } as const;

/** The fields of one area; what is too short for one is padding. */
export function parseSystemUse(bytes: Uint8Array): readonly SystemUseField[] {
  const fields: SystemUseField[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes[at + 2] ?? 0;
    const signature = Buffer.from(bytes.subarray(at, at + 2)).toString("latin1");
    if (length < 4 || signature === "ST") break;
    if (at + length > bytes.length) {
      const details = { field: signature, offset: at, want: length, got: bytes.length - at };
      throw new WireError("wire.truncated", `ISO image: field ${signature} is cut off`, details);
    }
    fields.push({ signature, data: bytes.subarray(at + 4, at + length) });
    at += length;
  }
  return fields;
}

/** How many octets to skip in every area, if the root's own record says that there are areas at all. */
export function systemUseSkip(bytes: Uint8Array): number | undefined {
  const [first] = parseSystemUse(bytes);
  if (first?.signature !== "SP" || first.data[0] !== 0xbe || first.data[1] !== 0xef)
    return undefined;
  return first.data[2] ?? 0;
}

/** Where the fields go on, within one sector. */
export function continuationOf(fields: readonly SystemUseField[]): IsoExtent | undefined {
  const field = fields.find(({ signature }) => signature === "CE");
  if (field === undefined) return undefined;
  const [block, offset, size] = [0, 8, 16].map((at) => numberOf(field, at));
  return { at: (block ?? 0) * isoSector + (offset ?? 0), size: Math.min(size ?? 0, isoSector) };
}

/** All fields of a record, its continuations included → what they say. */
export function readRockRidge(fields: readonly SystemUseField[]): RockRidge {
  const bySignature = (want: string) => fields.filter(({ signature }) => signature === want);
  const has = (want: string) => bySignature(want).length > 0;
  const names = bySignature("NM").filter(({ data }) => {
    return ((data[0] ?? 0) & (NameFlag.current | NameFlag.parent)) === 0;
  });
  const name = Buffer.concat(names.map(({ data }) => data.subarray(1))).toString("utf8");
  const [child] = bySignature("CL");
  return {
    name: names.length === 0 ? undefined : name,
    isLink: has("SL"),
    child: child && numberOf(child, 0) * isoSector,
    isRelocated: has("RE"),
    isCompressed: has("ZF"),
  };
}

function numberOf({ signature, data }: SystemUseField, at: number): number {
  if (at + 4 > data.length) {
    const details = { field: signature, offset: at, want: at + 4, got: data.length };
    throw new WireError("wire.truncated", `ISO image: field ${signature} is too short`, details);
  }
  return littleEndian(data, at, 4);
}
