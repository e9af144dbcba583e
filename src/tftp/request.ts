import { candidateNames, cleanName, type NameRefusal } from "./name.ts";
import { negotiate, type TftpLimits } from "./negotiate.ts";
import { netasciiLimit, toNetascii } from "./netascii.ts";
import { formatPacket, TftpErrorCode, type TftpRequest } from "./packet.ts";
import type { TransferPlan } from "./transfer.ts";

/** A request that gets an ERROR: `code` and `text` for the client, `reason` for log and event. */
export type Refusal = {
  readonly kind: "refuse";
  readonly code: number;
  readonly reason:
    | NameRefusal
    | "read-only"
    | "unknown-mode"
    | "netascii-too-long"
    | "missing"
    | "unreadable"
    | "busy"
    | "client-busy"
    | "stopping";
  readonly text: string;
};

export type RequestDecision =
  | { readonly kind: "look-up"; readonly names: readonly string[] }
  | Refusal;

/**
 * What to do with a request before any file is looked at: the names to try, best first, or a
 * refusal.
 */
export function decideRequest(request: TftpRequest): RequestDecision {
  if (request.kind === "write-request") return ReadOnly;
  if (request.mode !== "octet" && request.mode !== "netascii") return UnknownMode;
  const name = cleanName(request.name);
  if (name.kind === "refused") {
    return {
      kind: "refuse",
      code: fileNotFound,
      reason: name.reason,
      text: NameTexts[name.reason],
    };
  }
  return { kind: "look-up", names: candidateNames(name.path) };
}

/** The bytes of one transfer and its plan, or a refusal: the file was found. */
export function decideTransfer(
  request: TftpRequest,
  file: Uint8Array,
  limits: TftpLimits,
): { readonly kind: "send"; readonly bytes: Uint8Array; readonly plan: TransferPlan } | Refusal {
  const requestBytes = formatPacket(request).length;
  if (request.mode !== "netascii") {
    const terms = negotiate(request.options, limits, file.length);
    return { kind: "send", bytes: file, plan: { size: file.length, requestBytes, terms } };
  }
  if (file.length > netasciiLimit) return NetasciiTooLong;
  const bytes = toNetascii(file);
  const terms = negotiate(request.options, limits);
  return { kind: "send", bytes, plan: { size: bytes.length, requestBytes, terms } };
}

/** The refusal for a name nobody has; `text` says why, in words a ROM prints. */
export function refuseMissing(text: string): Refusal {
  return { kind: "refuse", code: fileNotFound, reason: "missing", text };
}

// shim and iPXE stall or give up the whole boot on any code but 1, and ask for files they can do
// without: whatever cannot be had is "not found".
const fileNotFound = TftpErrorCode.fileNotFound;

const NameTexts: Readonly<Record<NameRefusal, string>> = {
  "empty-name": "no file name",
  "name-too-long": "file name too long",
  "parent-folder": "file name leaves the tree",
  hidden: "hidden file",
  "not-ascii": "file name wants plain ASCII",
};

const ReadOnly: Refusal = {
  kind: "refuse",
  code: TftpErrorCode.accessViolation,
  reason: "read-only",
  text: "this server is read-only",
};

const UnknownMode: Refusal = {
  kind: "refuse",
  code: TftpErrorCode.illegalOperation,
  reason: "unknown-mode",
  text: "mode wants octet or netascii",
};

const NetasciiTooLong: Refusal = {
  kind: "refuse",
  code: TftpErrorCode.illegalOperation,
  reason: "netascii-too-long",
  text: "netascii is for text up to 1 MiB: ask in octet mode",
};

/** The refusal while `transfersMax` transfers are open: the client's own retry finds room again. */
export const Busy: Refusal = {
  kind: "refuse",
  code: TftpErrorCode.undefined,
  reason: "busy",
  text: "busy, try again",
};

/** The refusal while `transfersPerClient` transfers are open for one address. */
export const ClientBusy: Refusal = {
  kind: "refuse",
  code: TftpErrorCode.undefined,
  reason: "client-busy",
  text: "too many transfers of this address, try again",
};

/** The refusal while the server ends. */
export const Stopping: Refusal = {
  kind: "refuse",
  code: TftpErrorCode.undefined,
  reason: "stopping",
  text: "server is stopping",
};

/** The refusal when the file source failed; the cause is in the log, not on a ROM's screen. */
export const Unreadable: Refusal = {
  kind: "refuse",
  code: fileNotFound,
  reason: "unreadable",
  text: "file cannot be read now",
};
