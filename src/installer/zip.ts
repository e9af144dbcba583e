import { crc32 } from "../wire/crc32.ts";

/** A file of an archive; `mode` as chmod takes it. */
export type ZipEntry = { readonly path: string; readonly bytes: Uint8Array; readonly mode: number };

const Signature = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 } as const;
/** 2.0, made on Unix, so that the mode of each file is kept. */
const madeBy = 0x0314;
const needs = 20;
/** Names are UTF-8. */
const flags = 0x0800;
/** 1 January 1980, the first day that the format knows: the same files give the same archive. */
const firstDay = 0x0021;
/** What fits the format without its 64-bit parts. */
const limits = { entries: 0xffff, bytes: 0xffff_ffff };

/** Files as a zip archive without compression: most of a cluster's are keys, which do not shrink. */
export function formatZip(entries: readonly ZipEntry[]): Buffer {
  if (entries.length > limits.entries) {
    throw new RangeError(`want at most ${limits.entries} files, got ${entries.length}`);
  }
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { path, bytes, mode } of entries) {
    const name = Buffer.from(path);
    const sum = crc32(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(needs, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(firstDay, 8);
    common.writeUInt32LE(sum, 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    parts.push(u32(Signature.local), common, name, Buffer.from(bytes));
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((0o100000 | mode) << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    central.push(u32(Signature.central), u16(madeBy), common, tail, name);
    offset += 4 + common.length + name.length + bytes.length;
    if (offset > limits.bytes) throw new RangeError("want at most 4 GiB in an archive");
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, directory, u32(Signature.end), end]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
