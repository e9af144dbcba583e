/**
 * Every error Kindling means to raise. A code is public surface: docs/errors.md lists each one, and
 * the table below says how it is told to HTTP, to a shell and to the log. Nothing here knows a protocol.
 */

/** How one error code is shown: `http` a status, `exit` a sysexits(3)-style code, `level` a pino level. */
export type ErrorRow = {
  readonly http: number;
  readonly exit: number;
  readonly level: "debug" | "warn" | "error";
};

/** Code → how it is told. Exit codes: 1 failure, 2 usage, 3 not found, 4 refused, 5 timed out, 6 not verified, 75 not yet, 77 no rights, 78 bad configuration. */
export const ErrorTable = {
  "wire.truncated": { http: 400, exit: 1, level: "debug" },
  "wire.invalid": { http: 400, exit: 1, level: "debug" },
  "wire.too-long": { http: 400, exit: 1, level: "debug" },
  "config.invalid": { http: 500, exit: 78, level: "error" },
  "config.unreadable": { http: 500, exit: 78, level: "error" },
  "usage.invalid": { http: 400, exit: 2, level: "error" },
  "port.in-use": { http: 500, exit: 1, level: "error" },
  "port.forbidden": { http: 500, exit: 77, level: "error" },
  // Exit 1, not 78: a device or its address may come later, and then a service manager's next try works.
  "interface.missing": { http: 500, exit: 1, level: "error" },
  "interface.no-address": { http: 500, exit: 1, level: "error" },
  "interface.replaced": { http: 500, exit: 1, level: "error" },
  "lease.refused": { http: 409, exit: 1, level: "warn" },
  "lease.unknown": { http: 404, exit: 3, level: "warn" },
  "reservation-store.unusable": { http: 500, exit: 1, level: "error" },
  "record-store.unusable": { http: 500, exit: 1, level: "error" },
  "record.refused": { http: 409, exit: 1, level: "warn" },
  "admin.unreachable": { http: 502, exit: 1, level: "error" },
  "install-store.unusable": { http: 500, exit: 1, level: "error" },
  "install.unknown": { http: 404, exit: 3, level: "warn" },
  "join-store.unusable": { http: 500, exit: 1, level: "error" },
  "cluster.unreachable": { http: 502, exit: 1, level: "error" },
  // EX_TEMPFAIL: a script may come again.
  "cluster.not-ready": { http: 503, exit: 75, level: "warn" },
  "cluster.unconfirmed": { http: 409, exit: 4, level: "warn" },
  "cluster.members": { http: 409, exit: 4, level: "warn" },
  "cluster.unknown": { http: 404, exit: 3, level: "warn" },
  "cluster-store.unusable": { http: 500, exit: 1, level: "error" },
  "lease-store.unusable": { http: 500, exit: 1, level: "error" },
  "butane.invalid": { http: 500, exit: 78, level: "error" },
  "catalog.invalid": { http: 500, exit: 1, level: "warn" },
  "catalog.not-found": { http: 404, exit: 3, level: "debug" },
  "template.invalid": { http: 404, exit: 1, level: "warn" },
  "template.failed": { http: 404, exit: 1, level: "warn" },
  "signing.unusable": { http: 500, exit: 78, level: "error" },
  "rights.missing": { http: 500, exit: 77, level: "error" },
  "tls.unusable": { http: 500, exit: 78, level: "error" },
  "rpc.failed": { http: 502, exit: 1, level: "error" },
  "lab.missing-tool": { http: 500, exit: 1, level: "error" },
  "lab.failed": { http: 500, exit: 1, level: "error" },
  "image.recipe": { http: 500, exit: 78, level: "error" },
  "image.unknown": { http: 404, exit: 3, level: "warn" },
  "image.unreachable": { http: 502, exit: 1, level: "error" },
  "image.unverified": { http: 502, exit: 6, level: "error" },
  "image.refused": { http: 409, exit: 4, level: "warn" },
  "image.busy": { http: 409, exit: 1, level: "warn" },
  "image.no-space": { http: 507, exit: 1, level: "error" },
  "image.broken": { http: 500, exit: 1, level: "error" },
  "oci.archive": { http: 400, exit: 1, level: "error" },
  "oci.digest": { http: 502, exit: 6, level: "error" },
  "oci.unknown": { http: 404, exit: 3, level: "warn" },
  "oci.store": { http: 500, exit: 1, level: "error" },
  "oci.upstream": { http: 502, exit: 1, level: "warn" },
  timeout: { http: 504, exit: 5, level: "error" },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ErrorTable;

/** An error with a code from `ErrorTable`, a sentence for operators and fields for the log. */
export class KindlingError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    details: Record<string, unknown> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "KindlingError";
    this.code = code;
    this.details = details;
  }
}

/** Where and why bytes or text were refused: the only error a parser may throw. */
export class WireError extends KindlingError {
  constructor(
    code: "wire.truncated" | "wire.invalid" | "wire.too-long",
    message: string,
    details: { field: string; offset?: number; want?: unknown; got?: unknown },
  ) {
    super(code, message, details);
    this.name = "WireError";
  }
}

/** Ends a switch over a union: fails to compile when an arm is missing. */
export function assertNever(value: never): never {
  throw new TypeError(`no arm for ${JSON.stringify(value)}`);
}
