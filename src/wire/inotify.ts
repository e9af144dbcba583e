/** One change that inotify(7) tells of; `name` is "" where it is of the folder itself. */
export type FolderEvent = { readonly mask: number; readonly name: string };

/** The bits of a mask, from linux/inotify.h. */
export const FolderEventMask = {
  modify: 0x2,
  attributes: 0x4,
  closeWrite: 0x8,
  movedFrom: 0x40,
  movedTo: 0x80,
  create: 0x100,
  delete: 0x200,
  deleteSelf: 0x400,
  moveSelf: 0x800,
  unmounted: 0x2000,
  overflow: 0x4000,
  watchGone: 0x8000,
} as const;

const headerBytes = 16;

/**
 * What one read of an inotify descriptor gave, in this host's byte order (little endian on every
 * platform Kindling runs on):
 *
 *     0        4        8        12       16
 *     | wd     | mask   | cookie | length | name, `length` bytes with its NUL padding | next …
 *
 * The kernel hands out whole events only; text cut short ends the list.
 */
export function parseFolderEvents(bytes: Buffer): readonly FolderEvent[] {
  const events: FolderEvent[] = [];
  for (let offset = 0; offset + headerBytes <= bytes.length; ) {
    const mask = bytes.readUInt32LE(offset + 4);
    const end = offset + headerBytes + bytes.readUInt32LE(offset + 12);
    const padded = bytes.toString("utf8", offset + headerBytes, end);
    events.push({ mask, name: padded.split("\0", 1)[0] ?? "" });
    offset = end;
  }
  return events;
}
