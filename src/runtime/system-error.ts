/**
 * The code of an error that the operating system gave (`ENOENT`, `EADDRINUSE`). Anything without one
 * is a bug of ours and is thrown on: a shell that translates errors must not swallow it.
 */
export function systemErrorCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string")
    return error.code;
  throw error;
}
