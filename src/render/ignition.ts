/** An Ignition file as it is kept: usable as it stands, or the reason why no machine may get it. */
export type RawIgnition =
  | { readonly kind: "usable"; readonly version: string }
  | { readonly kind: "invalid"; readonly reason: string };

/** True for the names whose files are Ignition already; files of other names are templates. */
export function isRawIgnition(name: string): boolean {
  return name.endsWith(".ign") || name.endsWith(".ignition");
}

/**
 * Looks whether bytes are an Ignition configuration of specification 2.x or 3.x. Only that: which
 * minor version a machine takes is its own Ignition's business, so newer ones pass unchanged. What
 * fails here must never reach a machine, which would boot unconfigured or in a loop.
 */
export function checkRawIgnition(bytes: Buffer): RawIgnition {
  const version = readVersion(bytes.toString("utf8"));
  if (typeof version !== "string") return version;
  if (/^[23]\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) return { kind: "usable", version };
  return { kind: "invalid", reason: `want ignition.version 2.x or 3.x, got "${version}"` };
}

function readVersion(text: string): string | RawIgnition {
  try {
    const version = member(member(JSON.parse(text), "ignition"), "version");
    if (typeof version === "string") return version;
    return { kind: "invalid", reason: "want ignition.version, got none" };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: "invalid", reason: `is not JSON: ${error.message}` };
  }
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}
