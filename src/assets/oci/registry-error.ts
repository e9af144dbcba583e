/** The codes of the distribution specification that a read-only registry has use for. */
export const RegistryErrors = {
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  BLOB_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  PAGINATION_NUMBER_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNSUPPORTED: 404,
  /** Not of the specification, which has none for it: an upstream that was asked in vain. */
  UNAVAILABLE: 503,
} as const;

export type RegistryErrorCode = keyof typeof RegistryErrors;

/** The body of an answer that is none. */
export function formatRegistryError(code: RegistryErrorCode, message: string): string {
  return `${JSON.stringify({ errors: [{ code, message }] })}\n`;
}
