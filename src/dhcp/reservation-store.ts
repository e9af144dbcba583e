import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { KindlingError, WireError } from "../errors.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { formatReservationFile, parseReservationFile } from "./reservation-file.ts";
import type { KeptReservation } from "./reservation-keeping.ts";

/** Reservations on disk: one small file that a reader sees whole, the old one or the new. */
export type ReservationStore = {
  load(): readonly KeptReservation[];
  /** When it returns they survive the loss of power; throws `reservation-store.unusable`. */
  save(rows: readonly KeptReservation[]): void;
};

/** A file that cannot be read is never written over: its reservations are an operator's work. */
export function openReservationStore(path: string): ReservationStore {
  return {
    load() {
      try {
        return parseReservationFile(readFileSync(path, "utf8"));
      } catch (error) {
        if (systemErrorCode(error) === "ENOENT") return [];
        const cause = error instanceof WireError ? error.message : systemErrorCode(error);
        throw unusable(`cannot read the reservations in ${path}: ${cause}; mend or move it`, error);
      }
    },
    save(rows) {
      try {
        mkdirSync(dirname(path), { recursive: true });
        writeDurably(`${path}.new`, formatReservationFile(rows));
        renameSync(`${path}.new`, path);
        syncFolder(dirname(path));
      } catch (error) {
        const cause = systemErrorCode(error);
        const cure = "check the folder's rights and free space";
        throw unusable(`cannot write the reservations to ${path}: ${cause}; ${cure}`, error);
      }
    },
  };
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "w", 0o644);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

// The name is a thing of the folder: without this a power cut may bring the old file back.
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function unusable(message: string, cause: unknown): KindlingError {
  return new KindlingError("reservation-store.unusable", message, {}, cause);
}
