import { WireError } from "../errors.ts";

/** One captured frame; `at` is milliseconds since the epoch. */
export type CapturedFrame = { readonly at: number; readonly bytes: Uint8Array };

const Magic = { microseconds: 0xa1b2c3d4, nanoseconds: 0xa1b23c4d } as const;
const linkEthernet = 1;
const fileHeader = 24;
const recordHeader = 16;

/** Longest frame a record may claim: tcpdump's own default. */
const snapLength = 262_144;

//  file    magic u32 │ major u16 │ minor u16 │ zone i32 │ accuracy u32 │ snap length u32 │ link type u32
//  record  seconds u32 │ fraction u32 │ captured u32 │ on the wire u32 │ bytes
// In the byte order of the writing machine, which the magic number tells.

/** The frames of an Ethernet capture. A last record that is still being written is left out. */
export function parsePcap(file: Uint8Array): readonly CapturedFrame[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < fileHeader) throw truncated(file.length);
  const little = isMagic(view.getUint32(0, true));
  const magic = view.getUint32(0, little);
  if (!isMagic(magic)) throw invalid("pcap.magic", magic);
  if (view.getUint32(20, little) !== linkEthernet) {
    throw invalid("pcap.link-type", view.getUint32(20, little));
  }
  const perMillisecond = magic === Magic.nanoseconds ? 1_000_000 : 1000;
  const frames: CapturedFrame[] = [];
  for (let at = fileHeader; at + recordHeader <= file.length; ) {
    const length = view.getUint32(at + 8, little);
    if (length > snapLength) throw invalid("pcap.length", length);
    const end = at + recordHeader + length;
    if (end > file.length) break;
    frames.push({
      at: view.getUint32(at, little) * 1000 + view.getUint32(at + 4, little) / perMillisecond,
      bytes: file.subarray(at + recordHeader, end),
    });
    at = end;
  }
  return frames;
}

/** A capture file of Ethernet frames, little endian, in microseconds. */
export function formatPcap(frames: readonly CapturedFrame[]): Uint8Array {
  const head = Buffer.alloc(fileHeader);
  head.writeUInt32LE(Magic.microseconds, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(snapLength, 16);
  head.writeUInt32LE(linkEthernet, 20);
  return Buffer.concat([head, ...frames.flatMap(record)]);
}

function record({ at, bytes }: CapturedFrame): readonly Uint8Array[] {
  const microseconds = Math.round(at * 1000);
  const head = Buffer.alloc(recordHeader);
  head.writeUInt32LE(Math.floor(microseconds / 1_000_000), 0);
  head.writeUInt32LE(microseconds % 1_000_000, 4);
  head.writeUInt32LE(bytes.length, 8);
  head.writeUInt32LE(bytes.length, 12);
  return [head, bytes];
}

function isMagic(value: number): boolean {
  return value === Magic.microseconds || value === Magic.nanoseconds;
}

function truncated(got: number): WireError {
  const message = `a capture file wants ${fileHeader} bytes of header, got ${got}`;
  return new WireError("wire.truncated", message, { field: "pcap", want: fileHeader, got });
}

function invalid(field: string, got: number): WireError {
  return new WireError("wire.invalid", `${field} of a capture file: got ${got}`, { field, got });
}
