import fc from "fast-check";
import { expect, it } from "vitest";
import { FolderEventMask, parseFolderEvents } from "../../src/wire/inotify.ts";

function event(mask: number, name: string, padding: number): Buffer {
  const bytes = Buffer.from(`${name}${"\0".repeat(padding)}`);
  const head = Buffer.alloc(16);
  head.writeInt32LE(1);
  head.writeUInt32LE(mask, 4);
  head.writeUInt32LE(bytes.length, 12);
  return Buffer.concat([head, bytes]);
}

it("reads events one after another, with and without a name", () => {
  const bytes = Buffer.concat([
    event(FolderEventMask.create, "ä.json", 9),
    event(FolderEventMask.overflow, "", 0),
    event(FolderEventMask.delete, "b", 15),
  ]);
  expect(parseFolderEvents(bytes)).toEqual([
    { mask: FolderEventMask.create, name: "ä.json" },
    { mask: FolderEventMask.overflow, name: "" },
    { mask: FolderEventMask.delete, name: "b" },
  ]);
});

it("ends on any bytes, with no more events than they have room for", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(parseFolderEvents(Buffer.from(bytes)).length).toBeLessThanOrEqual(bytes.length / 16);
    }),
  );
});
