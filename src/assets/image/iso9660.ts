import { WireError } from "../../errors.ts";

/**
 * Volume descriptors and directories of ISO 9660 (ECMA-119) and of Joliet. Numbers stand there twice,
 * little and big endian; Linux reads the first, and so do we. `iso-tree.ts` walks an image with it.
 */
export const isoSector = 2048;
/** The first volume descriptor's sector. */
export const isoDescriptorsAt = 16;

/** Bytes of an image. */
export type IsoExtent = { readonly at: number; readonly size: number };

export type IsoDescriptor =
  | { readonly kind: "end" }
  | { readonly kind: "other" }
  | {
      readonly kind: "volume";
      readonly joliet: boolean;
      /** In the words of the image; of Joliet's it is left to the primary one. */
      readonly label: string;
      readonly root: IsoExtent;
    };

export type IsoRecord = {
  /** As it is written: of one octet 0 or 1 for the folder itself and its parent. */
  readonly name: Uint8Array;
  readonly extent: IsoExtent;
  readonly isFolder: boolean;
  /** Another record of the same name has the next bytes. */
  readonly hasMore: boolean;
  /** An associated file, of the Macintosh: no file of its own. */
  readonly isAssociated: boolean;
  readonly systemUse: Uint8Array;
};

const FileFlag = { folder: 2, associated: 4, more: 128 } as const;
/** Without a name. */
const recordBytesMin = 33;

/**
 *      0      1       6         40     72       88       128   132      156         190
 *      | type | CD001 | … | … | label | … | … | escapes | 2048 | … | … | root record | …
 */
export function parseIsoDescriptor(sector: Uint8Array): IsoDescriptor {
  const text = (from: number, to: number) => latin1(sector.subarray(from, to));
  if (sector.length !== isoSector || text(1, 6) !== "CD001") {
    throw invalid("volume descriptor", '"CD001"', text(1, 6));
  }
  const type = sector[0];
  if (type === 255) return { kind: "end" };
  const joliet = type === 2 && /^%\/[@CE]/.test(text(88, 91));
  if (type !== 1 && !joliet) return { kind: "other" };
  const blockSize = littleEndian(sector, 128, 2);
  if (blockSize !== isoSector) throw invalid("block size", isoSector, blockSize);
  const [root] = parseIsoFolder(sector.subarray(156, 190));
  if (root === undefined) throw invalid("root record", "a folder", "nothing");
  return { kind: "volume", joliet, label: text(40, 72).trim(), root: root.extent };
}

/**
 * The records of a folder, its own and its parent's first. None crosses a sector; zeros fill the rest of one.
 *
 *      0        1      2        10     18     25      26          28       32     33    33+n
 *      | length | attr | extent | size | date | flags | interleave | volume | n | name | pad, system use |
 */
export function parseIsoFolder(bytes: Uint8Array): readonly IsoRecord[] {
  const records: IsoRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const sectorEnd = Math.min(bytes.length, (Math.floor(at / isoSector) + 1) * isoSector);
    const length = bytes[at] ?? 0;
    if (length === 0) {
      at = sectorEnd;
      continue;
    }
    if (at + length > sectorEnd) {
      const details = { field: "record", offset: at, want: length, got: sectorEnd - at };
      throw new WireError("wire.truncated", "a record of a folder crosses its sector", details);
    }
    records.push(parseRecord(bytes.subarray(at, at + length)));
    at += length;
  }
  return records;
}

function parseRecord(bytes: Uint8Array): IsoRecord {
  const nameSize = bytes[32] ?? 0;
  if (bytes.length < recordBytesMin + nameSize || nameSize === 0) {
    throw invalid("record length", `${recordBytesMin} and a name of ${nameSize}`, bytes.length);
  }
  if (littleEndian(bytes, 26, 2) !== 0)
    throw invalid("record", "bytes in one piece", "interleaved");
  const flags = bytes[25] ?? 0;
  const nameEnd = recordBytesMin + nameSize;
  const attributeBlocks = bytes[1] ?? 0;
  return {
    name: bytes.subarray(recordBytesMin, nameEnd),
    extent: {
      at: (littleEndian(bytes, 2, 4) + attributeBlocks) * isoSector,
      size: littleEndian(bytes, 10, 4),
    },
    isFolder: (flags & FileFlag.folder) !== 0,
    hasMore: (flags & FileFlag.more) !== 0,
    isAssociated: (flags & FileFlag.associated) !== 0,
    systemUse: bytes.subarray(nameEnd + (nameSize % 2 === 0 ? 1 : 0)),
  };
}

/** `README.TXT;1` → `readme.txt`, as Linux shows names of plain ISO 9660. */
export function formatPlainName(name: Uint8Array): string {
  return withoutVersion(latin1(name)).toLowerCase();
}

/** Joliet has UCS-2, big endian. */
export function formatJolietName(name: Uint8Array): string {
  const swapped = Buffer.from(name.subarray(0, name.length - (name.length % 2))).swap16();
  return withoutVersion(swapped.toString("utf16le"));
}

function withoutVersion(name: string): string {
  return name.replace(/;\d+$/, "").replace(/\.$/, "");
}

/** A number of two or four octets; the caller has checked that they are there. */
export function littleEndian(bytes: Uint8Array, at: number, octets: 2 | 4): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return octets === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function invalid(field: string, want: unknown, got: unknown): WireError {
  const shown = JSON.stringify(got);
  return new WireError("wire.invalid", `ISO image: ${field}: want ${want}, got ${shown}`, {
    ...{ field, want, got },
  });
}
