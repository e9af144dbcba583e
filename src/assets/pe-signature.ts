/**
 * Does an EFI program carry a signature? Whose it is, only the firmware that checks it knows. The
 * layout is that of PE: at 0x3c the offset of the header, behind whose 24 bytes the optional header
 * lies; its data directory 4 is the table of certificates, 8 bytes each (offset, size).
 */
export function isSignedProgram(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (at: number): number => (at + 4 <= view.byteLength ? view.getUint32(at, true) : 0);
  const optional = u32(0x3c) + 24;
  const directories = DirectoriesAt[u32(optional) & 0xffff];
  if ((u32(0) & 0xffff) !== dosMark || directories === undefined) return false;
  return u32(optional + directories + certificates * 8 + 4) > 0;
}

/** "MZ", with which every such program begins. */
const dosMark = 0x5a4d;
const certificates = 4;
/** By the optional header's magic: 32 and 64 bits. */
const DirectoriesAt: Readonly<Record<number, number>> = { 267: 96, 523: 112 };
