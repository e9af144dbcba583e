import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { WireError } from "../errors.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { parseUuid } from "../wire/uuid.ts";
import { formDuid } from "./duid.ts";

/**
 * This server's identifier: made once and kept in `file` (RFC 8415 §11), since clients renew with it.
 * A file that holds none is written anew; they then ask all servers, and are answered.
 */
export function openServerDuid(file: string): Uint8Array {
  const kept = readKept(file);
  if (kept !== undefined) return kept;
  const uuid = parseUuid(randomUUID());
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${uuid}\n`, { mode: 0o644 });
  return formDuid(uuid);
}

function readKept(file: string): Uint8Array | undefined {
  try {
    return formDuid(parseUuid(readFileSync(file, "utf8").trim()));
  } catch (error) {
    if (error instanceof WireError || systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
