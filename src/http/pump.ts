import type { ServerResponse } from "node:http";
import type { FileReader } from "./file-reader.ts";
import { type SendTurns, shareBytes } from "./send-turns.ts";

/** Why a body ended: sent to its last byte, or cut because the client or the file went away. */
export type PumpEnd = "sent" | "client-gone" | "file-cut";

/** The bytes `first` to `last`, when they may be sent, and whether the last of them may. */
export type PumpOrder = {
  readonly first: number;
  readonly last: number;
  readonly turns: SendTurns;
  /** Absent: the content cannot change. */
  isUnchanged?(): Promise<boolean>;
};

/**
 * Sends the bytes `first` to `last` after the head that the caller wrote, one buffer at a time: the next
 * is fetched while the one before is on its way, and a client that reads slowly is waited for. A body that
 * cannot be finished ends the connection, so that the client sees a failed load and not a short file.
 */
export async function pump(
  response: ServerResponse,
  reader: FileReader,
  { first, last, turns, isUnchanged }: PumpOrder,
): Promise<PumpEnd> {
  const end = last + 1;
  let at = first;
  const fetchNext = () => fetched(reader, at, Math.min(end, at + shareBytes));
  let next = fetchNext();
  while (at < end) {
    const chunk = await next;
    const isLast = chunk !== undefined && at + chunk.length >= end;
    if (chunk === undefined || (isLast && !(await isStill(isUnchanged)))) {
      response.destroy();
      return "file-cut";
    }
    at += chunk.length;
    await turns.take(chunk.length);
    const flushed = writeOut(response, chunk);
    if (at < end) next = fetchNext();
    if (!(await flushed)) {
      await next; // nothing reads into a buffer, or from a handle, that is given back
      return "client-gone";
    }
  }
  response.end();
  return "sent";
}

async function isStill(isUnchanged: PumpOrder["isUnchanged"]): Promise<boolean> {
  try {
    return (await isUnchanged?.()) ?? true;
  } catch {
    return false; // nobody can tell
  }
}

async function fetched(reader: FileReader, at: number, end: number): Promise<Buffer | undefined> {
  try {
    return await reader.read(at, end);
  } catch {
    return undefined; // a disk error and a file cut short are one thing to the client
  }
}

/** Writes and waits until the kernel has it; false when the client went away. */
export function writeOut(response: ServerResponse, chunk: Buffer): Promise<boolean> {
  // Node calls back with an error then, or not at all.
  if (response.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const gone = (): void => resolve(false);
    response.once("close", gone);
    response.write(chunk, (error) => {
      response.off("close", gone);
      resolve(!error);
    });
  });
}
