import { formatReports } from "../render/butane/error.ts";
import { checkRawIgnition } from "../render/ignition.ts";
import { upgradeIgnition } from "../render/ignition-upgrade.ts";

/** What a machine gets of an Ignition file that is kept as such, and what an operator is told of it. */
export type RawIgnitionAnswer =
  | { readonly kind: "as-it-is"; readonly body: Buffer }
  /** It was to be converted and is of a version that cannot be: sent as it is. */
  | { readonly kind: "not-convertible"; readonly body: Buffer; readonly version: string }
  /** `left` tells what of the file the conversion left out, one line each; empty: nothing. */
  | { readonly kind: "converted"; readonly body: Buffer; readonly left: string }
  | { readonly kind: "refused"; readonly reason: string };

/** Reads such a file; with `upgrade` 3.0 to 3.4 become 3.4.0. Never an empty configuration for a broken one. */
export function readRawIgnition(bytes: Buffer, upgrade: boolean): RawIgnitionAnswer {
  const checked = checkRawIgnition(bytes);
  if (checked.kind === "invalid") return { kind: "refused", reason: checked.reason };
  if (!upgrade) return { kind: "as-it-is", body: bytes };
  const upgraded = upgradeIgnition(bytes);
  switch (upgraded.kind) {
    case "upgraded": {
      const left = formatReports(upgraded.warnings);
      return { kind: "converted", body: Buffer.from(upgraded.ignition), left };
    }
    case "kept":
      return { kind: "not-convertible", body: bytes, version: upgraded.version };
    case "invalid":
      return { kind: "refused", reason: formatReports(upgraded.reports) };
  }
}

/** The same answer for the same bytes as long as somebody holds them: a file is read once for many machines. */
export function openRawIgnition(upgrade: boolean): (bytes: Buffer) => RawIgnitionAnswer {
  const known = new WeakMap<Buffer, RawIgnitionAnswer>();
  return (bytes) => {
    const answer = known.get(bytes) ?? readRawIgnition(bytes, upgrade);
    known.set(bytes, answer);
    return answer;
  };
}
