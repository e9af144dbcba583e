import type { FileHandle } from "node:fs/promises";

/** Bytes of one file for one client. */
export type FileReader = {
  /** Some bytes from `offset` on, up to `end` (exclusive): a view that stays as it is until the next but one call. */
  read(offset: number, end: number): Buffer | Promise<Buffer>;
};

/** Reads what is in memory as it is. */
export function readerOfBytes(bytes: Buffer): FileReader {
  return { read: (offset, end) => bytes.subarray(offset, end) };
}

/** Reads a file into two buffers by turns: one is sent while the other is filled. */
export function readerOfFile(handle: FileHandle, bufferBytes: number): FileReader {
  const pair = [Buffer.allocUnsafeSlow(bufferBytes), Buffer.allocUnsafeSlow(bufferBytes)] as const;
  let turn = 0;
  return {
    async read(offset, end) {
      turn = 1 - turn;
      const buffer = turn === 0 ? pair[0] : pair[1];
      const part = buffer.subarray(0, Math.min(bufferBytes, end - offset));
      await fill(handle, part, offset);
      return part;
    },
  };
}

/** Fills the buffer from `position` on, or fails. */
export async function fill(handle: FileHandle, buffer: Buffer, position: number): Promise<void> {
  for (let at = 0; at < buffer.length; ) {
    const { bytesRead } = await handle.read(buffer, at, buffer.length - at, position + at);
    if (bytesRead === 0) throw new Error("the file was cut short while it was read");
    at += bytesRead;
  }
}
