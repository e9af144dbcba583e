import type { FileHandle } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { fill } from "./file-reader.ts";
import { type PumpEnd, writeOut } from "./pump.ts";
import { decideStep, sliceBytes } from "./send-step.ts";
import { shareBytes } from "./send-turns.ts";
import type { Transfers } from "./transfers.ts";

/** What the kernel sends of its own keeps the event loop for half as long as what is copied, or less. */
const kernelCost = 0.5;

/** An open file; whether it still has the content that was asked for. */
export type OpenFile = {
  readonly handle: FileHandle;
  isUnchanged(): Promise<boolean>;
};

/** The bytes `first` to `last`, sent among all others. */
export type KernelOrder = {
  readonly first: number;
  readonly last: number;
  readonly transfers: Transfers;
};

/**
 * Sends the bytes `first` to `last` after the head that the caller wrote, most of them from the page cache
 * (send-step.ts tells how). A body that cannot be finished ends the connection, so that the client sees a
 * failed load and not a short file.
 */
export async function kernelPump(
  response: ServerResponse,
  file: OpenFile,
  { first, last, transfers }: KernelOrder,
): Promise<PumpEnd> {
  const { turns } = transfers;
  const end = last + 1;
  const slice = Buffer.allocUnsafeSlow(sliceBytes);
  for (let at = first, isFull = true; at < end; ) {
    const { kind, bytes } = decideStep({ at, end, isFull }, shareBytes / kernelCost);
    await turns.take(bytes * kernelCost);
    if (kind === "kernel") {
      const sent = await handOver(response, file, { at, bytes, transfers });
      turns.giveBack((bytes - sent) * kernelCost);
      at += sent;
      isFull = sent < bytes;
      continue;
    }
    const part = slice.subarray(0, bytes);
    if (!(await isFilled(file, part, { at, kind, transfers }))) {
      response.destroy();
      return "file-cut";
    }
    if (!(await writeOut(response, part))) return "client-gone";
    at += bytes;
    isFull = false;
  }
  response.end();
  return "sent";
}

async function handOver(
  response: ServerResponse,
  { handle }: OpenFile,
  what: { at: number; bytes: number; transfers: Transfers },
): Promise<number> {
  const { at, bytes, transfers } = what;
  const { files, lanes } = transfers;
  const { socket } = response;
  if (socket === null) return 0; // it was closed: the next write of ours sees it
  const sent = files.isResident(handle, at, bytes)
    ? files.send(socket, handle, at, bytes)
    : await lanes.run(() => files.sendLater(socket, handle, at, bytes));
  if (sent > 0) {
    transfers.addPastNode(response, sent);
    socket.setTimeout(socket.timeout ?? 0); // Node counts its own bytes only
  }
  return sent;
}

async function isFilled(
  { handle, isUnchanged }: OpenFile,
  part: Buffer,
  { at, kind, transfers }: { at: number; kind: "slice" | "last"; transfers: Transfers },
): Promise<boolean> {
  try {
    if (transfers.files.read(handle, part, at) < part.length) await fill(handle, part, at);
    return kind === "slice" || (await isUnchanged());
  } catch {
    return false; // a disk error and a file cut short are one thing to the client
  }
}
